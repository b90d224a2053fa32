"""This process's memory: what it no longer uses goes back to the system, and a fork finds few, large pages."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

from grading.walls.syscalls import call

_COLLAPSE = 25
_HUGE = 2 * 2**20


def give_back() -> None:
    """Return freed memory to the system where the C library can.

    Messages of some 50 kB that several threads allocate and free leave holes between what lives on: without this a
    process that uses the same memory all day takes a little more from the system with each message.
    """
    with contextlib.suppress(OSError):
        call("malloc_trim", 0)


def collapse() -> int:
    """Put this process's own memory into huge pages where the kernel can; returns how many there are.

    A fork then has fewer pages to copy: a fifth of the time for half a gigabyte. What a child writes to is copied in
    small pages as before. See MADV_COLLAPSE in `madvise(2)`, Linux 6.1.
    """
    give_back()
    count = 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            span, access, *_, name = f"{line} -".split(maxsplit=5)
            if access.startswith("rw") and (name == "-" or name.startswith("[heap]")):
                first, last = (int(address, 16) for address in span.split("-"))
                count += sum(map(_collapse, range(-(-first // _HUGE) * _HUGE, last - _HUGE + 1, _HUGE)))
    return count


def _collapse(address: int) -> bool:
    try:
        call("madvise", ctypes.c_void_p(address), ctypes.c_size_t(_HUGE), _COLLAPSE)
    except OSError:  # nothing there to collapse, or a kernel that cannot
        return False
    return True
