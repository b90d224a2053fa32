"""What another grader's assignment is made of, whatever its format: texts, code, answers, tests, written questions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One cell.

    Parameters
    ----------
    kind : "text", "code", "answer" or "test", or "written" or "task", which a person grades
    source : as a master has it: solutions and hidden tests between nbgrader's marks
    points : of a test or of what a person grades
    called : what it was called there, for the notes
    """

    kind: str
    source: str
    points: float = 0.0
    called: str = ""


@dataclass
class Notes:
    """What was done, and what a person has to look at, one sentence each."""

    taken: list[str] = field(default_factory=list)
    look: list[str] = field(default_factory=list)


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell; None if it is no Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def number(value: object) -> float | None:
    """A number of points as a file has it; None if it says none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
