"""Loops over arrays, compiled by numba and kept on disk; importing this needs numba, an extra of the package.

Compiled code lets go of Python's lock, so that several loops run side by side in ordinary threads and a notebook stays
alive meanwhile. What is compiled is kept beside its file, or in numba's own folder for the user where that one is
read-only, or nowhere if neither can be written.
"""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any], *, fastmath: bool | set[str] = True) -> Callable[..., Any]:
    """The same function, compiled when it is first called with arrays of a type; `fastmath` is numba's."""
    # "numpy": a division that might raise an exception could not be done for eight pairs at once
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in
        return njit(**options)(function)
