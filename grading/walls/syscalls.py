"""System calls that Python has no function for; each raises OSError with the call's name."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
PR_SET_CHILD_SUBREAPER = 36
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522
_NUMBERS = {  # the calls that the C library may not wrap
    "x86_64": {"pivot_root": 155, "mount_setattr": 442, "landlock": 444},
    "aarch64": {"pivot_root": 41, "mount_setattr": 442, "landlock": 444},
}
_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> int:
    """Call a function of the C library."""
    if not hasattr(_libc, name):
        raise OSError(38, f"{name}: this system has no such call")
    return _checked(name, getattr(_libc, name)(*map(_argument, arguments)))


def syscall(name: str, *arguments: Any, offset: int = 0) -> int:
    """Call the kernel by number."""
    if name not in _NUMBERS.get(platform.machine(), {}) or not hasattr(_libc, "syscall"):
        raise OSError(38, f"{name}: not known for {platform.system()} on {platform.machine()}")
    number = _NUMBERS[platform.machine()][name] + offset
    return _checked(name, _libc.syscall(ctypes.c_long(number), *map(_argument, arguments)))


def prctl(option: int, value: int = 0, third: Any = 0) -> None:
    """Set a property of this process."""
    call("prctl", option, ctypes.c_ulong(value), third, 0, 0)


def drop_capabilities() -> None:
    """Give up every privilege of root, for this process and whatever it starts."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # beyond the kernel's last one, or not ours to drop: then there is nothing to lose
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def _argument(value: Any) -> Any:
    if isinstance(value, str):
        return ctypes.c_char_p(os.fsencode(value))
    if isinstance(value, int):
        return ctypes.c_long(value)
    return value


def _checked(name: str, result: int) -> int:
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result
