"""Ctrl-C, heard also where Python loses it: in a finaliser or a callback of the garbage collector."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Event = TypeVar("Event")
_asked = threading.Event()


@contextmanager
def listening() -> Iterator[None]:
    """Remember Ctrl-C on top of raising KeyboardInterrupt; where it is ignored, as in the background, it stays so."""
    _asked.clear()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def until_asked(events: Iterable[Event]) -> Iterator[Event]:
    """Yield events; raise KeyboardInterrupt before the next one if Ctrl-C came and was lost."""
    for event in events:
        if _asked.is_set():
            raise KeyboardInterrupt
        yield event


def _remember(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
