"""A warm process that forks on request: torch, IPython and the network are loaded once, a fork takes milliseconds.

It is single-threaded, computes on one thread, and never sees a test, an answer or a secret: what it forks starts with
nothing to find. A child lives as long as the connection that asked for it, so whoever dies takes its children along.

What is loaded and what a fork can become is the caller's: see `grading.examine.warm_process`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from grading.walls.isolation import scratch_folder
from grading.walls.syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl

_MESSAGE = 4096
_IDLE = 60.0
"""Seconds without any connection after which the zygote ends."""
Role = Callable[[socket.socket], None]


def main(path: str, roles: dict[str, Role]) -> None:
    """Listen at a Unix socket and fork a child for each request, until nobody has been connected for a while.

    A request is one JSON object, ``{"role": name}``, with one file descriptor: the child's end of its channel. A
    connection over which nothing is asked keeps the zygote running.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a child leaves behind becomes a child of this process, which ends it
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    Path(path).unlink(missing_ok=True)
    server.bind(path)
    Path(path).chmod(0o600)
    server.listen(64)
    _Zygote(server, roles).run()


class _Zygote:
    def __init__(self, server: socket.socket, roles: dict[str, Role]) -> None:
        self.server = server
        self.roles = roles
        self.children: dict[socket.socket, int] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(server, selectors.EVENT_READ)

    def run(self) -> None:
        alone_since = time.monotonic()
        while time.monotonic() - alone_since < _IDLE:
            for key, _ in self.selector.select(timeout=1.0):
                if key.fileobj is self.server:
                    connection, _ = self.server.accept()
                    self.selector.register(connection, selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket):
                    self.attend(key.fileobj)
            self.reap()
            if len(self.selector.get_map()) > 1:
                alone_since = time.monotonic()

    def attend(self, connection: socket.socket) -> None:
        """Fork for a first message; a connection that ends takes its child along."""
        try:
            data, descriptors, _, _ = socket.recv_fds(connection, _MESSAGE, 1)
        except ConnectionError:
            data, descriptors = b"", []
        try:
            if not data or not descriptors or connection in self.children:
                self.dismiss(connection)
            else:
                self.fork(connection, json.loads(data)["role"], descriptors[0])
        except OSError:  # no room for another process: whoever asked finds the connection closed
            self.dismiss(connection)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def fork(self, connection: socket.socket, role: str, descriptor: int) -> None:
        child = os.fork()
        if child == 0:
            self.become(self.roles[role], descriptor)
        self.children[connection] = child
        with contextlib.suppress(ConnectionError):
            connection.sendall(json.dumps({"pid": child}).encode() + b"\n")

    def become(self, role: Role, descriptor: int) -> None:
        """Turn the forked child into what was asked for; never returns."""
        try:
            os.setsid()
            # should the zygote itself be killed, nobody would be left to end the child
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.dup2(descriptor, 3)
            os.closerange(4, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 65536)
            role(socket.socket(fileno=3))
        except BaseException:  # there is nobody to hand it to
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def dismiss(self, connection: socket.socket) -> None:
        child = self.children.pop(connection, None)
        self.selector.unregister(connection)
        connection.close()
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self.clear(child)

    def reap(self) -> None:
        """Let go of the children that ended by themselves."""
        for connection, child in list(self.children.items()):
            if os.waitpid(child, os.WNOHANG)[0]:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
                del self.children[connection]
                self.selector.unregister(connection)
                connection.close()
                self.clear(child)

    def clear(self, child: int) -> None:
        """End whatever outlived a child, and remove its folder."""
        while strays := self.strays():
            for stray in strays:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(stray, signal.SIGKILL)
            for stray in strays:
                os.waitpid(stray, 0)
        shutil.rmtree(scratch_folder(child), ignore_errors=True)

    def strays(self) -> list[int]:
        """Processes that came down to this one because their parent ended."""
        try:
            pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        except OSError:  # a kernel without that list: then there is none to go by
            return []
        return [int(pid) for pid in pids if int(pid) not in self.children.values()]
