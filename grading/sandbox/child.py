"""Ask the zygote for a process."""

from __future__ import annotations

import json
import socket

_ANSWER = 60.0


class Child:
    """A process forked by the zygote at `path`; it ends with `close`, or with the process that holds this object."""

    def __init__(self, path: str, role: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.settimeout(_ANSWER)
        self._connection.connect(path)
        self.socket, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._connection, [json.dumps({"role": role}).encode()], [theirs.fileno()])
        self.pid = json.loads(self._connection.makefile().readline())["pid"]

    def close(self) -> None:
        """Kill the process with all that it started."""
        self.socket.close()
        self._connection.close()
