"""Wrong versions of the master's answers, made by program: each is the answer with one small edit.

The edits are those that slip into a hand: another operator, a constant or an axis one further, a sign, a line or a call
left out, the neighbouring argument, a loop one step short. A test that lets one pass does not test that place.
(De Millo, Lipton and Sayward 1978, "Hints on test data selection", DOI 10.1109/C-M.1978.218136.)
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grading.config import CourseError

from .edits import Edit, dropped, edits

NAME = "equivalent_mutants.toml"


@dataclass(frozen=True)
class Mutant:
    """An answer with one edit.

    Parameters
    ----------
    function : the answer cell
    kind : what was done, in two words
    line : the line's number in the cell, from 1
    was, becomes : that line before and after, without its indentation
    source : the whole cell
    """

    function: str
    kind: str
    line: int
    was: str
    becomes: str
    source: str


@dataclass(frozen=True)
class Equivalent:
    """Mutants of one line of which a person says that no test can tell them from the answer, and why."""

    function: str
    was: str
    becomes: str
    why: str

    def fits(self, mutant: Mutant) -> bool:
        """Whether this is about that mutant."""
        return (self.function, self.was, self.becomes) == (mutant.function, mutant.was, mutant.becomes)


def mutants(function: str, source: str) -> list[Mutant]:
    """Return the mutants of an answer cell, in the order of its lines; no two have the same source.

    Signatures, docstrings and the messages of errors are left alone.
    """
    found: dict[str, Mutant] = {}
    for part in ast.parse(source).body:
        for edit in _edits(part):
            mutant = _mutant(function, source, edit)
            if mutant and mutant.source not in found and _code(mutant.source) != _code(source):
                found[mutant.source] = mutant
    return sorted(found.values(), key=lambda mutant: mutant.line)


def equivalents(master: Path) -> list[Equivalent]:
    """Return what the file beside a master names as equivalent; nothing without it.

    Raises
    ------
    CourseError
        If the file is not in order.
    """
    path = master.with_name(NAME)
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
        found = [Equivalent(**entry) for entry in entries]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise CourseError(
            f"{path}: {error}. Each entry is [[equivalent]] with function, was, becomes and why."
        ) from error
    if lacking := [entry for entry in found if not entry.why.strip()]:
        raise CourseError(f"{path}: the entry for {lacking[0].was!r} says no reason in `why`.")
    return found


def _edits(part: ast.stmt) -> Iterator[Edit]:
    """Yield the edits of a statement of a cell: of the bodies of functions, with their arguments."""
    if isinstance(part, ast.ClassDef):
        for inner in part.body:
            yield from _edits(inner)
    if not isinstance(part, ast.FunctionDef):
        return
    every = [*part.args.posonlyargs, *part.args.args, *part.args.kwonlyargs]
    arguments = [argument.arg for argument in every if argument.arg != "self"]
    body = part.body[1:] if ast.get_docstring(part) is not None else part.body
    known = set(arguments)
    for statement in body:
        for node in _walk(statement):
            yield from edits(node, arguments)
            if isinstance(node, ast.stmt):
                yield from dropped(node, known)
                known |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and _stored(name)}


def _stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Walk in the order of the text, not into formatted texts and not into what an error says."""
    yield node
    if isinstance(node, ast.JoinedStr | ast.Raise):
        return
    children = [node.test] if isinstance(node, ast.Assert) else ast.iter_child_nodes(node)
    for child in children:
        yield from _walk(child)


def _mutant(function: str, source: str, edit: Edit) -> Mutant | None:
    kind, node, text = edit
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    lines = source.splitlines()
    bare, safe = _replaced(lines, node, text), _replaced(lines, node, f"({text})")
    if isinstance(node, ast.expr) and _code(bare) != _code(safe):
        bare = safe
    if _code(bare) is None:
        return None
    kept = len(lines) - last
    was, becomes = lines[first - 1 : last], bare.splitlines()[first - 1 : len(bare.splitlines()) - kept]
    return Mutant(function, kind, first, _plain(was), _plain(becomes), bare)


def _replaced(lines: list[str], node: ast.AST, text: str) -> str:
    """The source with another text in the place of a node."""
    first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
    before = lines[first - 1].encode()[: node.col_offset].decode()  # type: ignore[attr-defined]
    after = lines[last - 1].encode()[node.end_col_offset :].decode()  # type: ignore[attr-defined]
    return "\n".join([*lines[: first - 1], before + text + after, *lines[last:]])


def _plain(lines: list[str]) -> str:
    """Lines as one reads them: without indentation and the comments after them."""
    return " ".join(line.split("  #")[0].strip() for line in lines)


def _code(source: str) -> str | None:
    """What a source means, whatever its layout; None if it is no Python."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None
