"""The examiner's hold on a sandbox: starts it, asks it, and starts it again when student code has broken it."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from grading.config.settings import Times
from grading.masters.beside.files import contents
from grading.masters.bundle import Cell, File
from grading.sandbox.channel import Channel, ChannelClosedError
from grading.sandbox.child import Child
from grading.sandbox.values import named
from grading.sandbox.wire import WireError, pack, unpack

from .behind import Behind
from .proxy import ERRORS, CrashError, RefusedError, StudentError, TimeError, named_instance

_READY = 30.0
_SIGNALS = {6: "aborted", 9: "was killed", 11: "crashed (segmentation fault)"}


class SandboxFaultError(RuntimeError):
    """The machine or the master, not the student's code, failed; no verdict may be given."""


class Sandbox:
    """A student's cells in a process of their own, answering the calls of one item after the other.

    Parameters
    ----------
    zygote : path of the zygote's socket
    cells : what to run, in order
    times : limits
    behind : functions that the student's calls reach in place of the student's own, answered here
    files : what the cells find in their folder
    """

    def __init__(
        self,
        zygote: str,
        cells: tuple[Cell, ...],
        times: Times,
        behind: Behind | None = None,
        files: Sequence[File] = (),
    ) -> None:
        self._zygote = zygote
        self._files = {path: np.frombuffer(data, np.uint8) for path, data in contents(files).items()}
        self._cells = cells
        self._times = times
        self._behind = behind
        self._offer = behind.offer if behind else named
        self._child: Child | None = None
        self._channel: Channel | None = None
        self._item = ""
        self._item_ends = 0.0
        self._ends = time.monotonic() + times.submission
        self._left_out: dict[str, StudentError] = {}
        self.failed: dict[str, StudentError] = {}
        """Function -> why the cell that should define it failed."""
        self.output: dict[str, str] = {}
        """Cell -> what it printed."""

    def begin_item(self, seed: int) -> None:
        """Make the sandbox ready for an item's calls; its random generators start from `seed`."""
        if self._channel is None:
            self._start()
        self._item_ends = time.monotonic() + self._times.item
        names = list(self._behind.names) if self._behind else []
        self._item = self._exchange({"do": "item", "seed": seed, "behind": names}, _READY)["nonce"]

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask for one call; raises the StudentError that says why no answer came."""
        if self._channel is None:
            raise CrashError("The code ended its own process in an earlier call.")
        seconds = min(self._times.call, max(0.0, self._item_ends - time.monotonic()))
        reply = self._exchange(request, seconds)
        if "ended" in reply:
            self.close()
            raise CrashError(f"The code {_how(reply['ended'])}.")
        return reply

    def end_item(self) -> None:
        """Let the item's process go; a sandbox that does not answer is replaced before the next item."""
        if self._channel is None:
            return
        with contextlib.suppress(StudentError):
            self._exchange({"do": "end"}, _READY)

    def close(self) -> None:
        """End the process with all that it started."""
        if self._child is not None:
            self._child.close()
        self._child = self._channel = None

    def _start(self) -> None:
        """Run the cells in a fresh process; a cell that breaks the process is left out and the others run again."""
        while True:
            self._confine()
            for cell in self._cells:
                if cell.id in self._left_out:
                    self._note(cell, self._left_out[cell.id])
                elif not self._run(cell):
                    break
            else:
                return

    def _confine(self) -> None:
        """Get a process that has closed itself in and has not run anything yet."""
        try:
            self._child = Child(self._zygote, "sandbox")
            self._channel = Channel(self._child.socket)
            self._channel.send(pack({"files": self._files}), seconds=_READY)
            said = unpack(self._channel.receive(seconds=_READY))
        except (OSError, ValueError) as error:
            self.close()
            raise SandboxFaultError(f"No sandbox could be started: {type(error).__name__}: {error}") from error
        if "level" not in said:
            self.close()
            raise SandboxFaultError(f"No sandbox could be started. {said.get('fault', '')}")

    def _run(self, cell: Cell) -> bool:
        """Run one cell; False if the process did not survive it."""
        try:
            reply = self._exchange({"do": "cell", "id": cell.id, "source": cell.source}, self._times.cell)
        except StudentError as error:
            self._left_out[cell.id] = error
            self.close()
            return False
        self.output[cell.id] = str(reply.get("output", ""))
        if "error" in reply:
            kind = ERRORS.get(str(reply["error"]), StudentError)
            self._note(cell, kind(str(reply.get("message", "")), traceback=str(reply.get("traceback", ""))))
        return True

    def _note(self, cell: Cell, error: StudentError) -> None:
        self.failed.update(dict.fromkeys(cell.defines, error))

    def _exchange(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and wait for its reply; whatever goes wrong is the student's side's doing, in words."""
        seconds = min(seconds, max(0.0, self._ends - time.monotonic()))
        request = {**request, "nonce": secrets.token_hex(8)}
        if self._channel is None:
            raise CrashError("The code ended its own process.")
        try:
            self._channel.send(pack(request, named=self._named), seconds=_READY)
            reply = self._reply(request, time.monotonic() + seconds)
        except TimeoutError as error:
            self.close()
            raise TimeError(f"The code took longer than {seconds:.0f} seconds and was stopped.") from error
        except ChannelClosedError as error:
            self.close()
            raise CrashError("The code ended its own process.") from error
        except WireError as error:
            self.close()
            raise RefusedError(f"What came back was refused: {error}.") from error
        return reply

    def _named(self, value: Any) -> dict[str, Any] | None:
        return named_instance(value) or self._offer(value)

    def _reply(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Wait for the reply, and answer what the student's side asks of the functions behind it meanwhile."""
        assert self._channel is not None
        resolve = self._behind.resolve if self._behind else None
        while True:
            data = self._channel.receive(seconds=max(0.0, deadline - time.monotonic()))
            reply = self._answer_to(request, unpack(data, resolve=resolve))
            if self._behind is None or "question" not in reply:
                return reply
            self._channel.send(pack(self._behind.answer(reply["question"]), named=self._named), seconds=_READY)

    def _answer_to(self, request: dict[str, Any], reply: Any) -> dict[str, Any]:
        """Check that a reply is to this request; one to an earlier one, or forged before it was asked, is not."""
        expected = request["nonce"] if not isinstance(reply, dict) or "ended" not in reply else self._item
        if not isinstance(reply, dict) or reply.get("nonce") != expected:
            raise WireError("it is no answer to what was asked")
        return reply


def _how(signal: Any) -> str:
    return _SIGNALS.get(signal, f"was ended by signal {signal}") if signal else "ended its own process"
