"""What the grader says: an item has a state, points and a reason in words; a submission is in exactly one state."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, field
from typing import Any


class ItemState(enum.StrEnum):
    """How an item ended."""

    FULL = "full"
    PARTIAL = "partial"
    ZERO = "zero"
    REVIEW = "to review"


class State(enum.StrEnum):
    """Where a submission stands."""

    GRADED = "graded"
    REVIEW = "to review"
    UNREADABLE = "unreadable"
    MISSING = "missing"


@dataclass(frozen=True)
class Item:
    """The verdict on one test cell.

    Parameters
    ----------
    grade_id : the test cell
    earned, points : what it gave, out of how many
    state : how it ended
    reason : why not all of the points, in words for the student; with full points empty, or apart from what it is right
    kind : what sort of reason, one word: "wrong", "missing", "error", "time", "memory", "crash", "refused", "apart"
    hint, misconception : the catalogue's sentence and entry whose output the answer's equals, if there is one
    traceback : the student's own frames, where the answer raised an exception
    seconds : wall-clock time of the item
    """

    grade_id: str
    earned: float
    points: float
    state: ItemState
    reason: str = ""
    kind: str = ""
    hint: str = ""
    misconception: str = ""
    traceback: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The verdict on a submission: one item a test cell, and what a person should look at."""

    student: str
    assignment: str
    state: State
    items: tuple[Item, ...] = ()
    flags: tuple[str, ...] = field(default=())
    reason: str = ""

    @property
    def earned(self) -> float:
        return sum(item.earned for item in self.items)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Verdict:
        """Read back what `to_json` gave."""
        items = tuple(Item(**{**item, "state": ItemState(item["state"])}) for item in value["items"])
        rest = {**value, "items": items, "flags": tuple(value["flags"]), "state": State(value["state"])}
        return cls(**rest)
