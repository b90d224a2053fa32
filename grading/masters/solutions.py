"""The masters' functions, and the catalogues of wrong and right versions that stand beside them.

A lecture uses a master's answer so: `load("class_visualization").class_visualization_update_step`.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grading.config import Course, CourseError

from . import beside, notebook

_RIGHT = "_right_"
Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Version:
    """Another way of writing a function or a class: its name in the notebook, what differs, its source to paste."""

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
    with beside.at_hand(beside.read(course.master(name))):
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
    master = (course or Course.from_environment()).master(name)
    return catalogue(master, notebook.answers(notebook.read(master)))


def catalogue(master: Path, known: Mapping[str, str]) -> list[Misconception]:
    """Return the catalogue beside a master whose answers are known, in the order of the file; empty without one.

    Raises
    ------
    CourseError
        If an entry belongs to none of the answers, or has no hint.
    """
    path = master.with_name("misconceptions.py")
    if not path.exists():
        return []
    found = [Misconception(**vars(version)) for version in versions(path)]
    for entry in found:
        if entry.function not in known:
            raise CourseError(f"{path}: {entry.function}__{entry.name} belongs to no answer cell of {master.name}.")
        if not entry.hint:
            raise CourseError(f"{path}: {entry.function}__{entry.name} needs a docstring, the hint to the student.")
    return found


def versions(path: str | Path) -> list[Version]:
    """Return the functions of a file as versions: `f__how` becomes a version `how` of `f`, its docstring the hint.

    Classes likewise: `class Net__how(_right_Net)` holds no more than the methods that are different. The file is read,
    not run. Imports in it are for the reader (and the linter) and are left out of the sources; what its private
    functions and classes `_name` share is put before the versions that use them.
    """
    text = Path(path).read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text, filename=str(path)).body if isinstance(node, Definition)]
    private = {node.name: node for node in functions if node.name.startswith("_")}
    return [_version(node, private, text, path) for node in functions if node.name not in private]


def right_versions(course: Course, name: str) -> list[Version]:
    """Return the other right versions of an assignment's answers, all of which must keep their points.

    They stand in `right_versions.py` beside the master, or with the tests of a clone that has tests of its own.
    """
    beside = course.master(name).with_name("right_versions.py")
    places = [beside, course.root / "tests" / "solutions" / f"{name}_versions.py"]
    return next((versions(path) for path in places if path.exists()), [])


def rights(master: Path) -> list[Version]:
    """Return the right texts that the entries of a catalogue are edits of: its functions `_right_f`, `_right_f__style`.

    Two edits of one text that do not meet make two mistakes at once. Empty for a master without a catalogue.
    """
    path = master.with_name("misconceptions.py")
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text, filename=str(path)).body if isinstance(node, Definition)]
    private = {node.name: node for node in functions if node.name.startswith("_")}
    return [_right(node, private, text) for name, node in private.items() if name.startswith(_RIGHT)]


def _right(node: Definition, private: dict[str, Definition], text: str) -> Version:
    function, _, style = node.name.removeprefix(_RIGHT).partition("__")
    return Version(function, style, "", _with_helpers(node, function, private, text))


def _with_helpers(node: Definition, name: str, private: dict[str, Definition], text: str) -> str:
    """The source of a function under another name, what it needs of the private functions before it."""
    parts = [_source(private[helper], text) for helper in _used(node, private)]
    return "\n\n\n".join([*parts, re.sub(rf"\b{node.name}\b", name, _source(node, text))])


def _version(node: Definition, private: dict[str, Definition], text: str, path: str | Path) -> Version:
    function, separator, name = node.name.partition("__")
    if not (function and separator and name):
        raise CourseError(f"{path}, line {node.lineno}: call the function <function>__<what is different>.")
    if ast.get_docstring(node) is not None and len(node.body) == 1:
        raise CourseError(f"{path}, line {node.lineno}: {node.name} has no body.")
    hint = re.sub(r"\s+", " ", ast.get_docstring(node) or "")
    return Version(function, name, hint, _with_helpers(node, function, private, text))


def _used(node: ast.AST, private: dict[str, Definition]) -> list[str]:
    """Return the names of the private functions that `node` needs, each after those that it needs itself."""
    needed: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in private and private[part.id] is not node:
            needed += [*_used(private[part.id], private), part.id]
    return list(dict.fromkeys(needed))


def _source(node: Definition, text: str) -> str:
    """Return a function's lines without its docstring, which is a hint to read and no part of the version."""
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    hidden: set[int] = set()
    if ast.get_docstring(node) is not None:
        hidden = set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return "\n".join(lines[i - 1] for i in range(first, (node.end_lineno or 0) + 1) if i not in hidden)
