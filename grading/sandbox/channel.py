"""Messages over a socket, with a deadline and a cap on every one that arrives."""

from __future__ import annotations

import socket
import struct
import time

from .message_limits import LIMITS, WireError

_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 20


class ChannelClosedError(ConnectionError):
    """The other side is gone."""


class Channel:
    """One end of a stream socket that carries messages of bytes.

    Parameters
    ----------
    connection : a connected stream socket; the channel owns it
    max_bytes : a longer message is refused as soon as its length is read
    """

    def __init__(self, connection: socket.socket, *, max_bytes: int = LIMITS.size) -> None:
        self.connection = connection
        self.max_bytes = max_bytes

    def send(self, message: bytes, *, seconds: float | None = None) -> None:
        """Send one message.

        Raises
        ------
        TimeoutError
            If the other side does not read it in time.
        ChannelClosedError
            If the other side is gone.
        """
        self.connection.settimeout(seconds)
        try:
            self.connection.sendall(_LENGTH.pack(len(message)) + message)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChannelClosedError("the other side is gone") from error

    def receive(self, *, seconds: float | None = None) -> bytes:
        """Receive one message; all of it has to arrive within `seconds`.

        Raises
        ------
        TimeoutError
            If it does not.
        ChannelClosedError
            If the other side ends first.
        WireError
            If the message is longer than the cap.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > self.max_bytes:
            raise WireError(f"a message of {length} bytes was announced and at most {self.max_bytes} are read")
        return self._exactly(length, deadline)

    def close(self) -> None:
        """Close this end; the other side sees the end of the stream."""
        self.connection.close()

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        parts = []
        while count:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                raise TimeoutError("the message did not arrive in time")
            self.connection.settimeout(remaining)
            try:
                part = self.connection.recv(min(count, _CHUNK))
            except ConnectionResetError as error:
                raise ChannelClosedError("the other side is gone") from error
            if not part:
                raise ChannelClosedError("the other side ended the stream")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
