"""A notebook's bytes without its outputs: films and large figures are passed over, never decoded and never kept."""

from __future__ import annotations

import mmap
import re

_STRUCTURE = re.compile(rb'["{}\[\]]')
_KEY_ENDS = re.compile(rb"\s*:\s*")
_MOST_TOKENS = 3_000_000
_PAIRS = {ord("{"): ord("}"), ord("["): ord("]")}


class _NotFollowedError(ValueError):
    """It is no JSON that could be a notebook's, or too intricate to be one."""


def without_outputs(data: bytes | mmap.mmap, most: int) -> bytes:
    """Return the notebook with an empty list for each cell's outputs.

    Parameters
    ----------
    most : bytes that are looked for; what is longer without its outputs is cut right behind them

    Returns
    -------
    bytes
        At most ``most + 1``; the beginning of the data as it is, where it is no JSON.
    """
    try:
        return _Scan(data, most + 1).run()
    except _NotFollowedError:
        return data[: most + 1]


class _Scan:
    """One pass over the structure of a JSON text; strings are jumped over."""

    def __init__(self, data: bytes | mmap.mmap, most: int) -> None:
        self.data = data
        self.most = most
        self.place = 0  # up to which the text was looked at
        self.copied = 0  # up to which it was kept or left out
        self.kept: list[bytes] = []
        self.size = 0
        self.tokens = 0
        self.open: list[tuple[int, bytes]] = []  # each container around the place: its bracket, and its latest key

    def run(self) -> bytes:
        while self.size <= self.most:
            found = self.next()
            if found is None:
                break
            if found == ord('"'):
                self.string()
            elif found in _PAIRS:
                self.open.append((found, b""))
            elif not self.open or _PAIRS[self.open.pop()[0]] != found:
                raise _NotFollowedError
        if self.open and self.size <= self.most:
            raise _NotFollowedError
        self.keep(len(self.data))
        return b"".join(self.kept)[: self.most]

    def next(self) -> int | None:
        """The next character that matters, or None at the end."""
        found = _STRUCTURE.search(self.data, self.place)
        self.tokens += 1
        if self.tokens > _MOST_TOKENS:
            raise _NotFollowedError
        if found is None:
            return None
        self.place = found.end()
        return self.data[found.start()]

    def string(self) -> None:
        """Pass a string; if it is the key of a cell's outputs, leave out what follows."""
        start, end = self.place, self.string_end()
        self.place = end
        if not self.open or self.open[-1][0] != ord("{"):
            return
        colon = _KEY_ENDS.match(self.data, end)
        if colon is None:
            return
        key = self.data[start : min(end - 1, start + 40)]
        self.open[-1] = (ord("{"), key)
        of_cell = len(self.open) > 2 and self.open[-2][0] == ord("[") and self.open[-3][1] == b"cells"
        if key == b"outputs" and of_cell and self.data[colon.end() : colon.end() + 1] == b"[":
            self.keep(colon.end())
            self.kept.append(b"[]")
            self.copied = self.place = self.value_end(colon.end() + 1)

    def string_end(self) -> int:
        """The place behind the string whose first character is at `place`."""
        place = self.place
        while (place := self.data.find(b'"', place)) >= 0:
            before = place - 1
            while self.data[before] == ord("\\"):
                before -= 1
            if (place - before) % 2:
                return place + 1
            place += 1
        raise _NotFollowedError

    def value_end(self, start: int) -> int:
        """The place behind the list that was opened right before `start`."""
        self.place, waiting = start, [ord("]")]
        while waiting:
            found = self.next()
            if found is None:
                raise _NotFollowedError
            if found == ord('"'):
                self.place = self.string_end()
            elif found in _PAIRS:
                waiting.append(_PAIRS[found])
            elif waiting.pop() != found:
                raise _NotFollowedError
        return self.place

    def keep(self, end: int) -> None:
        part = self.data[self.copied : min(end, self.copied + self.most + 1)]
        self.kept.append(part)
        self.size += len(part)
        self.copied = end
