"""What an examiner is asked to do, as plain values that travel to any worker."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Bundle:
        """Read back what `dataclasses.asdict` gave."""
        return cls(
            assignment=value["assignment"],
            setup=_cells(value["setup"]),
            answers=_cells(value["answers"]),
            tests=tuple(Test(**test) for test in value["tests"]),
            catalogue=tuple(Wrong(**wrong) for wrong in value["catalogue"]),
            given=tuple(Given(**{**cell, "defines": tuple(cell["defines"])}) for cell in value["given"]),
            forbidden=tuple(value["forbidden"]),
        )


@dataclass(frozen=True)
class Times:
    """Seconds that student code may take: for one cell, for one call, for all calls of an item, for all of it."""

    cell: float = 20.0
    call: float = 20.0
    item: float = 60.0
    submission: float = 600.0


@dataclass(frozen=True)
class Job:
    """One submission to examine.

    Parameters
    ----------
    cells : the student's code cells to run, in order; nothing else of the submission is here
    seeds : for each test to run, the seed of its random inputs
    repeat : which items run a second time on the same inputs: "none", "failed" or "all"
    """

    bundle: Bundle
    cells: tuple[Cell, ...]
    seeds: dict[str, int]
    times: Times = field(default_factory=Times)
    repeat: str = "failed"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Job:
        """Read back what `to_json` gave."""
        bundle = Bundle.from_json(value["bundle"])
        return cls(bundle, _cells(value["cells"]), value["seeds"], Times(**value["times"]), value["repeat"])


def _cells(values: list[dict[str, Any]]) -> tuple[Cell, ...]:
    return tuple(Cell(cell["id"], cell["source"], tuple(cell["defines"])) for cell in values)
