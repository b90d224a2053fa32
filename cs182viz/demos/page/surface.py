"""Parts of a page that JavaScript of ours draws, with binary messages both ways."""

from collections.abc import Callable, Sequence
from typing import Any

import anywidget


class Surface(anywidget.AnyWidget):
    """A widget that gets messages with binary buffers; deriving classes name their script in ``_esm``.

    A view that appears later (the page was loaded again, the output shown twice) says ``ready`` and gets the newest
    message of each kind once more. Nothing large is kept in a synchronised trait, which every change would send back
    and forth.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._posted: dict[str, tuple[dict[str, Any], list[bytes]]] = {}
        self._listeners: list[Callable[[dict[str, Any], Sequence[memoryview]], object]] = []
        self.on_msg(self._receive)

    def post(self, kind: str, content: dict[str, Any] | None = None, *, buffers: Sequence[bytes] = ()) -> None:
        """Send a message to every view, also to those to come, in the place of an earlier one of this kind."""
        message = {**(content or {}), "kind": kind}
        self._posted[kind] = (message, list(buffers))
        self.send(message, list(buffers))

    def listen(self, listener: Callable[[dict[str, Any], Sequence[memoryview]], object]) -> None:
        """Call ``listener(content, buffers)`` for each message from a view; ``content["kind"]`` says what it is."""
        self._listeners.append(listener)

    def _receive(self, _widget: Any, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        if content.get("kind") == "ready":
            for message, attached in list(self._posted.values()):
                self.send(message, attached)
            return
        for listener in self._listeners:
            listener(content, buffers)
