"""Landlock: a process gives up, for good, every file and every TCP port that it does not name.

Unlike namespaces it needs no privilege, so it also holds in a container. See the kernel's `landlock(7)`.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from .syscalls import syscall

_CREATE, _ADD_RULE, _RESTRICT = 0, 1, 2  # offsets from the first of Landlock's three calls
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ALL_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_DEVICES = (1 << 6) | (1 << 11)  # making character and block devices
_TCP = 0b11  # bind and connect, from ABI 4 on
_SCOPES = 0b11  # abstract Unix sockets and signals stay within, from ABI 6 on
_SIGNALS_FROM = 6


def abi() -> int:
    """The version of Landlock that this kernel offers, 0 for none."""
    try:
        return syscall("landlock", None, ctypes.c_size_t(0), 1, offset=_CREATE)
    except OSError:
        return 0


def keeps_signals_in() -> bool:
    """Whether a confined process can signal none but those confined with it."""
    return abi() >= _SIGNALS_FROM


def restrict(readable: Iterable[str | Path], writable: Iterable[str | Path]) -> None:
    """Confine this process, and what it starts, to reading some paths and writing some; no TCP, no signals outside.

    Needs `no_new_privs`.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    version = abi()
    handled = _ALL_OF_ABI.get(version, (1 << 16) - 1)
    values = [handled, _TCP if version >= 4 else 0, _SCOPES if version >= _SIGNALS_FROM else 0]
    size = 8 * (1 if version < 4 else 2 if version < _SIGNALS_FROM else 3)
    ruleset = syscall("landlock", struct.pack("<3Q", *values), ctypes.c_size_t(size), 0, offset=_CREATE)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, handled & ~_DEVICES)
        syscall("landlock", ruleset, 0, offset=_RESTRICT)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str | Path, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # what is not there need not be allowed
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            access &= _OF_FILES
        syscall("landlock", ruleset, 1, struct.pack("<Qi", access, place), 0, offset=_ADD_RULE)
    finally:
        os.close(place)
