"""The masters' functions, and the catalogues of wrong and right versions that stand beside them.

A lecture uses a master's answer so: `load("class_visualization").class_visualization_update_step`.
"""

from __future__ import annotations

import ast
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import notebook
from .course import Course, CourseError


@dataclass(frozen=True)
class Version:
    """Another way of writing a function: its name in the notebook, what is different, and its source ready to paste."""

    function: str
    name: str
    hint: str
    source: str


@dataclass(frozen=True)
class Misconception(Version):
    """A wrong version that students really write; `hint` tells them what it is and what to do."""


def load(name: str, *, course: Course | None = None) -> SimpleNamespace:
    """Return a namespace with everything that an assignment's setup and answer cells define.

    Runs trusted code: the master's own.
    """
    course = course or Course.from_environment()
    nb = notebook.read(course.master(name))
    namespace: dict[str, Any] = {"__name__": f"solutions.{name}"}
    for cell in nb.cells:
        if notebook.is_setup(cell) or notebook.is_answer(cell):
            run(notebook.plain_source(cell), namespace, f"<solutions/{name}: {cell.get('id', '')}>")
    return SimpleNamespace(**{key: value for key, value in namespace.items() if not key.startswith("__")})


def run(source: str, namespace: dict[str, Any], filename: str) -> None:
    """Execute a cell's source so that tracebacks and `inspect.getsource` show its lines."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)


def misconceptions(name: str, *, course: Course | None = None) -> list[Misconception]:
    """Return the catalogue of an assignment's wrong versions, in the order of the file; empty if it has none."""
    course = course or Course.from_environment()
    master = course.master(name)
    path = master.with_name("misconceptions.py")
    if not path.exists():
        return []
    found = [Misconception(**vars(version)) for version in versions(path)]
    known = notebook.answers(notebook.read(master))
    for entry in found:
        if entry.function not in known:
            raise CourseError(f"{path}: {entry.function}__{entry.name} belongs to no answer cell of {master.name}.")
        if not entry.hint:
            raise CourseError(f"{path}: {entry.function}__{entry.name} needs a docstring, the hint to the student.")
    return found


def versions(path: str | Path) -> list[Version]:
    """Return the functions of a file as versions: `f__how` becomes a version `how` of `f`, its docstring the hint.

    The file is read, not run. Imports in it are for the reader (and the linter) and are left out of the sources.
    """
    text = Path(path).read_text(encoding="utf-8")
    return [
        _version(node, text, path)
        for node in ast.parse(text, filename=str(path)).body
        if isinstance(node, ast.FunctionDef)
    ]


def _version(node: ast.FunctionDef, text: str, path: str | Path) -> Version:
    function, separator, name = node.name.partition("__")
    if not (function and separator and name):
        raise CourseError(f"{path}, line {node.lineno}: call the function <function>__<what is different>.")
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    hidden: set[int] = set()  # the docstring is a hint to read, no part of the version
    if ast.get_docstring(node) is not None:
        if len(node.body) == 1:
            raise CourseError(f"{path}, line {node.lineno}: {node.name} has no body.")
        hidden = set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    kept = [lines[i - 1] for i in range(first, node.end_lineno + 1) if i not in hidden]
    source = re.sub(rf"\b{node.name}\b", function, "\n".join(kept))
    hint = re.sub(r"\s+", " ", ast.get_docstring(node) or "")
    return Version(function, name, hint, source)
