"""The untrusted side: runs a student's cells, then answers calls to the functions that they define.

Everything here runs in a process that holds no test, no expected value and no secret, so nothing in it needs to be
defended from the student's code; the walls around it are `isolation`'s. Each item is answered by a fork of the process
that ran the cells: what one item breaks, no other item sees.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import functools
import io
import linecache
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from types import CodeType
from typing import Any

import torch
from IPython.core.interactiveshell import InteractiveShell

from cs182viz import gradcheck, layers
from cs182viz.zoo import Classifier, from_recipe
from grading.walls.isolation import IsolationError, Level, Walls

from .channel import Channel, ChannelClosedError
from .instances import Objects
from .message_limits import LIMITS, Limits, WireError
from .random_state import seed_everything
from .stand_in import StandIn
from .values import changed, named, snapshot
from .wire import pack, unpack

OUTPUT_LIMIT = 20_000
_CELL = "<cell {}>"
_REMEMBERED = 16
_KEPT: dict[str, tuple[Classifier, str]] = {}
_mend_builtins = functools.partial(vars(builtins).update, dict(vars(builtins)))


def keep(model: Classifier) -> None:
    """Hold a model ready for all sandboxes that are forked from now on; its weights are compared with those of now."""
    _KEPT[_key(model.recipe)] = (model, layers.weights_hash(model))


def run(connection: socket.socket, *, walls: Walls) -> None:
    """What a forked child becomes: it closes itself in, then serves the examiner at the other end.

    The first message that comes brings the course's files. Its own first one says how far it is confined, or why it
    refuses to run anything.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    channel = Channel(connection)
    try:
        files = unpack(channel.receive())["files"]
        walls.enter(connection.fileno(), {path: content.tobytes() for path, content in files.items()})
    except (IsolationError, OSError) as error:
        channel.send(pack({"fault": str(error)}))
        return
    channel.send(pack({"level": str(walls.level)}))
    serve(channel, alone=walls.level == Level.FULL)


def serve(channel: Channel, *, limits: Limits = LIMITS, alone: bool = False) -> None:
    """Answer the examiner until it closes the channel; `alone` if no process of anybody else can be reached."""
    sandbox = _Sandbox(channel, limits, alone)
    with contextlib.suppress(ChannelClosedError):
        while True:
            request = sandbox.receive()
            if request["do"] == "cell":
                sandbox.reply(request, sandbox.run_cell(request["id"], request["source"]))
            elif request["do"] == "item":
                sandbox.fork_for_item(request)


def _nothing(*_: object) -> None:
    """Stand in for what a sandbox does without."""


class _Sandbox:
    def __init__(self, channel: Channel, limits: Limits, alone: bool) -> None:
        self.channel = channel
        self.limits = limits
        self.alone = alone
        self.shell = InteractiveShell.instance()
        # a terminal for `!command`, windows for `%matplotlib` and more threads are not there: do without, fail nothing
        self.shell.system = self.shell.system_raw  # type: ignore[method-assign]
        self.shell.ask_exit = sys.exit  # type: ignore[attr-defined]
        self.shell.enable_gui = _nothing  # type: ignore[method-assign]
        torch.set_num_threads = torch.set_num_interop_threads = _nothing  # type: ignore[assignment]
        self.models = dict(_KEPT)
        self.asked: list[str] = []
        """Which models the latest request names."""
        self.met: dict[int, torch.Tensor] = {}
        """Tensors that earlier calls were given, by the number that says that a later one is given the same."""
        self.objects = Objects()
        """Instances of the student's classes that this item made."""
        self.nonce = ""
        """Of the request that is being answered."""

    def receive(self) -> dict[str, Any]:
        if not self.objects:  # an instance may hold on to a network that it was given before
            self.asked = []
        return unpack(self.channel.receive(), resolve=self.resolve, limits=self.limits)

    def reply(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        self.channel.send(pack({"nonce": request["nonce"], **message}, limits=self.limits))

    def resolve(self, name: dict[str, Any]) -> Any:
        """The model, the extractor or the instance that a message names."""
        if "instance" in name:
            return self.objects[name["instance"]]
        key = _key(name["model"])
        if key not in self.models:
            model = from_recipe(name["model"])
            self.models[key] = (model, layers.weights_hash(model))
        self.asked.append(key)
        model = self.models[key][0]
        return layers.extractor(model, name["layer"]) if "layer" in name else model

    def run_cell(self, cell_id: str, source: str) -> dict[str, Any]:
        """Run one cell, statement by statement; says what it printed and which error came first.

        A statement that fails, such as an import of what is not here, does not take the definitions behind it along;
        one that fills the memory or leaves ends the cell.
        """
        output = CappedText(OUTPUT_LIMIT)
        filename = _CELL.format(cell_id)
        failed: dict[str, str] = {}
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                for code in self.statements(source, filename):
                    try:
                        exec(code, self.shell.user_ns)
                    except MemoryError:  # what fills the memory leaves none for the rest
                        raise
                    except Exception as error:
                        failed = failed or describe(error)
            except BaseException as error:  # no Python, no memory, sys.exit: they end the cell, not the sandbox
                failed = failed or describe(error)
        _mend_builtins()
        return {"id": cell_id, "output": output.getvalue(), **failed}

    def statements(self, source: str, filename: str) -> Iterator[CodeType]:
        """The top-level statements of a cell, ready to run; what cannot be compiled raises its error when it is run."""
        text = self.shell.transform_cell(source)
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        flags = 0
        for node in ast.parse(text, filename).body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in node.names)
            try:
                yield compile(ast.Module([node], []), filename, "exec", flags=flags)
            except SyntaxError as error:  # such as `await` outside of a function: it concerns this statement alone
                yield compile(f"raise SyntaxError({str(error.msg)!r})", filename, "exec")

    def fork_for_item(self, request: dict[str, Any]) -> None:
        """Let a child answer the calls of one item, wait for it, and say how it ended."""
        child = os.fork()
        if child == 0:
            try:
                self.answer_calls(request)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if self.alone:  # whatever the item left behind ends with it; the namespace holds nobody else's processes
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        self.reply(request, {"ended": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0})

    def ask_examiner(self, question: dict[str, Any]) -> dict[str, Any]:
        """Have the examiner answer a call of a function that it stands behind, in the middle of answering it."""
        self.channel.send(pack({"nonce": self.nonce, "question": question}, named=named, limits=self.limits))
        return unpack(self.channel.receive(), resolve=self.resolve, limits=self.limits)

    def answer_calls(self, item: dict[str, Any]) -> None:
        self.shell.user_ns.update({name: StandIn(name, self.ask_examiner) for name in item["behind"]})
        seed_everything(item["seed"])
        self.reply(item, {"ready": True})
        while (request := self.receive())["do"] != "end":
            self.reply(request, self.answer(request))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the call; returns its result and the arguments that it edited, or the error."""
        self.nonce = request["nonce"]
        what = ".".join(filter(None, (request["function"], request["member"])))
        args = [self.meet(*pair) for pair in zip(request["args"], request["identities"], strict=True)]
        kwargs = request["kwargs"]
        before = snapshot(args)
        output = CappedText(OUTPUT_LIMIT)
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                function = self.objects.target(request, self.shell.user_ns)
                if function is None:
                    kind = "class" if request["do"] == "new" else "function"
                    return {"error": "missing", "message": f"The {kind} {what} is not defined."}
                way = functools.partial(gradcheck.value_and_grad, function) if request["gradient"] else function
                outcome = self.objects.outcome(request, way(*args, **kwargs))
                _mend_builtins()
                reply = {**outcome, "changed": changed(args, before), "output": output.getvalue()}
                pack(reply, limits=self.limits)
            except WireError as error:
                return {"error": "refused", "message": f"The result of {what} was refused: {error}."}
            except BaseException as error:  # whatever a student's code raises is an answer too
                _mend_builtins()
                return {"output": output.getvalue(), **describe(error)}
        if any(layers.weights_hash(model) != before for model, before in (self.models[name] for name in self.asked)):
            return {"error": "refused", "message": f"{what} changed the weights of the network."}
        return reply

    def meet(self, value: Any, identity: int) -> Any:
        """The argument, as the same object as before if the caller gave the same tensor before."""
        if not identity:
            return value
        known = self.met.pop(identity, None)
        if known is not None and known.shape == value.shape and known.dtype == value.dtype:
            known.data.copy_(value)
            value = known
        self.met[identity] = value
        while len(self.met) > _REMEMBERED:
            del self.met[next(iter(self.met))]
        return value


class CappedText(io.TextIOBase):
    """Keeps the first characters that are written to it and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._room = limit
        self._lost = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: self._room]
        if kept:
            self._parts.append(kept)
        self._room -= len(kept)
        self._lost += len(text) - len(kept)
        return len(text)

    def getvalue(self) -> str:
        """The text, and a note on what was cut."""
        note = f"\n[{self._lost} more characters were cut]" if self._lost else ""
        return "".join(self._parts) + note


def _key(recipe: dict[str, Any]) -> str:
    return repr(sorted(recipe.items()))


def describe(error: BaseException) -> dict[str, str]:
    """What kind of error ended the student's code, in words, with the frames that are the student's own."""
    text = " ".join(str(error).split())[:500]
    name = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell ")]
    shown = "".join(traceback.format_list(frames)[-8:]) + f"{name}: {text}"
    if isinstance(error, NotImplementedError):
        return {"error": "missing", "type": name, "message": text or "The function is not written yet."}
    if isinstance(error, MemoryError) or "can't allocate memory" in text:
        return {"error": "memory", "type": name, "message": "The code asked for more memory than it may have."}
    if isinstance(error, SystemExit):
        return {"error": "error", "type": name, "message": "The code called exit().", "traceback": shown}
    return {"error": "error", "type": name, "message": f"{name}: {text}", "traceback": shown}
