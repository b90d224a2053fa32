"""An assignment as plain values, as it travels to the workers: cells, tests, known mistakes, what was given out."""

from __future__ import annotations

import ast
import functools
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
class File:
    """A helper module or a data file beside the master: its path in the assignment's folder, its bytes in base 64."""

    path: str
    content: str


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
    files : helper modules and data files, which all cells find beside them
    """

    assignment: str
    setup: tuple[Cell, ...]
    answers: tuple[Cell, ...]
    tests: tuple[Test, ...]
    catalogue: tuple[Wrong, ...] = ()
    given: tuple[Given, ...] = ()
    forbidden: tuple[str, ...] = ()
    rights: tuple[Cell, ...] = ()
    files: tuple[File, ...] = ()

    def classes(self) -> tuple[str, ...]:
        """The classes among what students write."""
        return tuple(name for cell in self.answers for name in cell.defines if _is_class(name, cell.source))

    def behind(self, function: str) -> tuple[str, ...]:
        """The functions that the master's answer to `function` calls, itself or through others, in cell order.

        Classes are not among them: an instance could not cross to stand for the student's.
        """
        sources = {name: cell.source for cell in self.answers for name in cell.defines}
        found: set[str] = set()
        waiting = [function]
        while waiting:
            tree = ast.parse(sources.get(waiting.pop(), ""))
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(sources)
            waiting += sorted(used - found - {function})
            found |= used - {function}
        classes = self.classes()
        return tuple(name for name in sources if name in found and name not in classes)

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
            files=tuple(File(**file) for file in value["files"]),
        )


@functools.cache
def _is_class(name: str, source: str) -> bool:
    return any(isinstance(node, ast.ClassDef) and node.name == name for node in ast.parse(source).body)


def read_cells(values: list[dict[str, Any]]) -> tuple[Cell, ...]:
    """Read back cells that `dataclasses.asdict` gave."""
    return tuple(Cell(cell["id"], cell["source"], tuple(cell["defines"])) for cell in values)
