"""Read and write notebooks by nbgrader's metadata: which cells are answers, which are tests, what they are worth."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode


class NotebookError(ValueError):
    """A notebook is not what the grader expects; the message names the cell."""


def read(path: str | Path) -> NotebookNode:
    """Return the notebook at `path` in the current format (nbformat 4)."""
    try:
        return nbformat.read(str(path), as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise NotebookError(f"{path} is not a notebook: {error}") from error


def write(nb: NotebookNode, path: str | Path, *, valid: bool = False) -> None:
    """Write a notebook, making its folder.

    One that is known to be `valid` is not looked through again, nor laid out for people: that takes most of the time.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if valid:
        Path(path).write_text(f"{json.dumps(nb, ensure_ascii=False)}\n", encoding="utf-8")
    else:
        nbformat.write(nb, str(path))


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell, or "" for a cell that nbgrader does not know."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _flag(cell: NotebookNode, name: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(name, False))


def is_answer(cell: NotebookNode) -> bool:
    """Whether students write code in this cell."""
    return cell.cell_type == "code" and _flag(cell, "solution")


def is_test(cell: NotebookNode) -> bool:
    """Whether this cell decides about points by running."""
    return cell.cell_type == "code" and _flag(cell, "grade") and not _flag(cell, "solution")


def is_manual(cell: NotebookNode) -> bool:
    """Whether a person gives the points of this cell."""
    return (_flag(cell, "grade") and not is_test(cell)) or _flag(cell, "task")


def is_setup(cell: NotebookNode) -> bool:
    """Whether this cell carries the tag `setup`: imports and definitions that answers and tests need.

    A code cell without it that is neither an answer nor a test is a demonstration, and is not run in a trial.
    """
    return cell.cell_type == "code" and "setup" in cell.metadata.get("tags", [])


def points(cell: NotebookNode) -> float:
    """Return what a test or a written answer is worth."""
    return float(cell.metadata.nbgrader.get("points", 0))


def tests(nb: NotebookNode) -> dict[str, float]:
    """Return the points of each test, by its grade_id, in the notebook's order."""
    return {grade_id(cell): points(cell) for cell in nb.cells if is_test(cell)}


def manual(nb: NotebookNode) -> dict[str, float]:
    """Return the points of each item that a person grades, by its grade_id."""
    return {grade_id(cell): points(cell) for cell in nb.cells if is_manual(cell)}


def answers(nb: NotebookNode) -> dict[str, str]:
    """Return the source of each answer cell, by its grade_id (in a master: the name of its function)."""
    return {grade_id(cell): cell.source for cell in nb.cells if is_answer(cell)}


def functions(source: str) -> list[str]:
    """Return the names of the functions that a cell defines at its top level."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def defined(name: str, source: str) -> list[str]:
    """Return what an answer cell is there for: its functions, and the class that it is named after, if it is one."""
    classes = [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    return classes + functions(source)


def tested_function(test: str, names: list[str]) -> str:
    """Return the function that a test is about: `test_f` or `test_f_aspect` is about `f`, the longest that fits."""
    fitting = [name for name in names if test == f"test_{name}" or test.startswith(f"test_{name}_")]
    if not fitting:
        raise NotebookError(f"Test cell {test!r} names no function of this notebook. Functions: {', '.join(names)}.")
    return max(fitting, key=len)


def with_answers(nb: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    """Return a copy of the notebook in which the whole answer cell of each named function holds the given source."""
    if unknown := set(sources) - set(answers(nb)):
        raise NotebookError(
            f"There is no answer cell for {', '.join(sorted(unknown))}. This notebook has: {', '.join(answers(nb))}."
        )
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if is_answer(cell) and grade_id(cell) in sources:
            cell.source = sources[grade_id(cell)]
    return nb


def plain_source(cell: NotebookNode) -> str:
    """Return a cell's source without IPython's magics and shell lines, so that plain Python can run it."""
    return "\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!")))


def pictures(nb: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield (cell id, base64 PNG) for each picture among a notebook's outputs."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                yield cell.get("id", ""), png.replace("\n", "")


def sentence(kind: str, text: str) -> str:
    """Return an error as one line; the tests' own sentences stand without the name of their class."""
    text = " ".join(text.split())
    if kind == "CellTimeoutError":  # nbgrader's name for a cell that it interrupted
        return "time: the cell ran too long"
    if text and kind in ("AssertionError", "NotImplementedError"):
        return text
    return f"{kind}: {text}" if text else kind


def check_master(nb: NotebookNode) -> None:
    """Check the conventions that the grader relies on.

    Raises
    ------
    NotebookError
        If an answer cell does not define the function or class that it is named after, or a test is about no function.
    """
    names = list(answers(nb))
    for name, source in answers(nb).items():
        try:
            found = defined(name, source)
        except SyntaxError as error:
            raise NotebookError(f"Answer cell {name!r} of the master is not valid Python: {error}") from error
        if name not in found:
            raise NotebookError(
                f"Answer cell {name!r} defines {', '.join(found) or 'no function'}: its grade_id must be the name "
                "of the function or the class that students write there."
            )
    for test in tests(nb):
        tested_function(test, names)
