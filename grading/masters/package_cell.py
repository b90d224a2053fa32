"""The first code cell of every notebook that students get: it finds the package where somebody forgot to install it.

The grader does not run it, since it is neither tagged `setup` nor graded; where the package is installed, it does
nothing.
"""

from __future__ import annotations

import urllib.parse

from nbformat import NotebookNode

from grading.config import CourseError

CELL_ID = "find-package"
SOURCE = """\
# This notebook needs the package cs182viz. Where it is missing (Colab, Kaggle, a notebook that came by mail), write
# INSTALL = True and run this cell: pip takes the wheel beside this notebook, or WHEEL, or asks the package index.
import importlib.util
import pathlib
import subprocess
import sys

INSTALL = False
WHEEL = ""
if importlib.util.find_spec("cs182viz") is None:
    beside = sorted(map(str, pathlib.Path().glob("cs182viz-*.whl")))
    wheel = beside[-1] if beside else WHEEL or "cs182viz"
    if not INSTALL:
        raise ModuleNotFoundError(f"cs182viz is missing here. Write INSTALL = True above and run this cell: {wheel}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--find-links", ".", wheel]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip could not install {wheel}. It says:\\n{done.stderr[-1500:]}")
    importlib.invalidate_caches()"""
_LINE = 'WHEEL = ""'


def wheel_of(nb: NotebookNode) -> str:
    """The address that a released notebook names, or "" where it names none or has no such cell."""
    for cell in nb.cells:
        if cell.get("id") == CELL_ID:
            lines = [line for line in cell.source.splitlines() if line.startswith("WHEEL = ")]
            return lines[0].removeprefix("WHEEL = ").strip('"') if lines else ""
    return ""


def name_wheel(nb: NotebookNode, address: str) -> None:
    """Write an address into the cell, where there is one.

    Raises
    ------
    CourseError
        If it is no address of a wheel.
    """
    check_address(address)
    for cell in nb.cells:
        if cell.get("id") == CELL_ID:
            cell.source = cell.source.replace(_LINE, f'WHEEL = "{address}"', 1)


def check_address(address: str) -> None:
    """Refuse what pip could not fetch safely: anything but https, another file than a wheel, a quote or a space."""
    parts = urllib.parse.urlsplit(address)
    well = parts.scheme == "https" and parts.hostname and parts.path.endswith(".whl")
    if address and not (well and address.isprintable() and not set(address) & set("\"'\\ ")):
        raise CourseError(
            f"{address!r} is not the address of a wheel: give one that begins with https:// and ends in .whl, such as "
            "https://example.edu/cs182viz-0.1.0-py3-none-any.whl"
        )
