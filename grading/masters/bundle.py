"""An assignment as plain values, as it travels to the workers: cells, tests, known mistakes, what was given out."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A code cell: its name and source, and for an answer the functions that it defines."""

    id: str
    source: str
    defines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Test:
    """A test cell of the master, with its hidden tests, what it is worth, and the function that it is about."""

    grade_id: str
    source: str
    points: float
    function: str


@dataclass(frozen=True)
class Wrong:
    """A misconception of the catalogue: a wrong version of a function, and the hint that belongs to it."""

    function: str
    name: str
    hint: str
    source: str


@dataclass(frozen=True)
class Given:
    """A code cell of the notebook that students got.

    Parameters
    ----------
    role : "setup", "answer", "test" or "demonstration"
    defines : for an answer, the functions that it is there for
    """

    id: str
    role: str
    source: str
    defines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bundle:
    """An assignment as the examiner needs it; the same for every submission.

    Parameters
    ----------
    setup, answers, tests : the master's cells
    catalogue : its wrong versions
    rights : right versions that the catalogue's are edits of, each as a cell
    given : the code cells of the released notebook, which submissions are compared with
    forbidden : dotted names that the assignment's text forbids
    """

    assignment: str
    setup: tuple[Cell, ...]
    answers: tuple[Cell, ...]
    tests: tuple[Test, ...]
    catalogue: tuple[Wrong, ...] = ()
    given: tuple[Given, ...] = ()
    forbidden: tuple[str, ...] = ()
    rights: tuple[Cell, ...] = ()

    def behind(self, function: str) -> tuple[str, ...]:
        """The functions that the master's answer to `function` calls, itself or through others, in cell order."""
        sources = {name: cell.source for cell in self.answers for name in cell.defines}
        found: set[str] = set()
        waiting = [function]
        while waiting:
            tree = ast.parse(sources.get(waiting.pop(), ""))
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(sources)
            waiting += sorted(used - found - {function})
            found |= used - {function}
        return tuple(name for name in sources if name in found)

    def right_texts(self, function: str) -> list[str]:
        """The sources of right versions of a function: those of the catalogue's style, then the master's."""
        return [cell.source for cell in (*self.rights, *self.answers) if function in cell.defines]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Bundle:
        """Read back what `dataclasses.asdict` gave."""
        return cls(
            assignment=value["assignment"],
            setup=read_cells(value["setup"]),
            answers=read_cells(value["answers"]),
            tests=tuple(Test(**test) for test in value["tests"]),
            catalogue=tuple(Wrong(**wrong) for wrong in value["catalogue"]),
            given=tuple(Given(**{**cell, "defines": tuple(cell["defines"])}) for cell in value["given"]),
            forbidden=tuple(value["forbidden"]),
            rights=read_cells(value["rights"]),
        )


def read_cells(values: list[dict[str, Any]]) -> tuple[Cell, ...]:
    """Read back cells that `dataclasses.asdict` gave."""
    return tuple(Cell(cell["id"], cell["source"], tuple(cell["defines"])) for cell in values)
