"""Draw what a notebook's demonstrations show, for the sample class: a student hands in a notebook with its pictures.

For code that we trust, like `grading.masters.trial`: the course's own answers and the catalogue's. A real
submission is never run for its pictures.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import multiprocessing
import os
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from grading.masters import notebook
from grading.masters.trial import kill_group, preloaded
from grading.reading.names import analyse

SECONDS = 90.0
DPI = 75


def shown_after(nb: NotebookNode, functions: Iterable[str]) -> list[str]:
    """Return the ids of the first demonstration below the tests of each function."""
    names = list(notebook.answers(nb))
    found: dict[str, str] = {}
    latest = ""
    for cell in nb.cells:
        if notebook.is_test(cell):
            latest = notebook.tested_function(notebook.grade_id(cell), names)
        elif cell.cell_type == "code" and latest and not notebook.is_answer(cell) and not notebook.is_setup(cell):
            found.setdefault(latest, cell.id)
    return [found[function] for function in functions if function in found]


def draw_all(notebooks: Collection[tuple[NotebookNode, Collection[str]]], *, workers: int = 2) -> list[NotebookNode]:
    """Return the notebooks with the pictures of the named cells; a few are drawn at a time."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda entry: draw(*entry), notebooks))


def draw(nb: NotebookNode, cells: Collection[str], *, seconds: float = SECONDS) -> NotebookNode:
    """Run the named cells and what they need, in a process of their own, and store the figures that are their values.

    What fails, or is not done in time, shows nothing.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(preloaded())
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, json.dumps(_needed(nb, cells)), list(cells)), daemon=True)
    process.start()
    sender.close()
    by_id = {cell.id: cell for cell in nb.cells}
    try:
        with contextlib.suppress(EOFError, ConnectionResetError):
            while receiver.poll(seconds):
                name, png = json.loads(receiver.recv_bytes())
                by_id[name].outputs.append(new_output("display_data", {"image/png": png}))
    finally:
        kill_group(process)
        receiver.close()
    return nb


def _needed(nb: NotebookNode, wanted: Collection[str]) -> list[tuple[str, str]]:
    """Return (id, source) of setup, answers, the wanted cells, and the demonstrations whose names these use."""
    kept: list[tuple[str, str]] = []
    used: set[str] = set()
    for cell in reversed([cell for cell in nb.cells if cell.cell_type == "code" and not notebook.is_test(cell)]):
        names = analyse(cell.source)
        given = notebook.is_setup(cell) or notebook.is_answer(cell)
        if given or cell.id in wanted or names.bound & used:
            kept.append((cell.id, notebook.plain_source(cell)))
            used |= set() if given else names.used
    return kept[::-1]


def _child(sender: Connection, cells_json: str, wanted: list[str]) -> None:
    from matplotlib.figure import Figure  # loaded where this runs; elsewhere no command should wait for it

    os.setsid()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    silence = io.StringIO()
    for name, source in json.loads(cells_json):
        with (
            contextlib.suppress(Exception),  # a wrong answer may well end in one
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
        ):
            value = _value(source, namespace)
            if name in wanted and isinstance(value, Figure):
                data = io.BytesIO()
                value.savefig(data, format="png", dpi=DPI)
                sender.send_bytes(json.dumps([name, base64.b64encode(data.getvalue()).decode()]).encode())
    sender.close()
    os._exit(0)


def _value(source: str, namespace: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last expression, as a notebook shows it."""
    tree = ast.parse(source)
    end = tree.body[-1] if tree.body else None
    last = None
    if isinstance(end, ast.Expr):
        tree.body.pop()
        last = ast.Expression(end.value)
    exec(compile(tree, "<cell>", "exec"), namespace)
    return eval(compile(last, "<cell>", "eval"), namespace) if last else None
