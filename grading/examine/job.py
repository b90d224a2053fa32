"""What an examiner is asked to do, as plain values that travel to any worker."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from grading.config.settings import Times
from grading.masters.bundle import Bundle, Cell, read_cells


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
        return cls(bundle, read_cells(value["cells"]), value["seeds"], Times(**value["times"]), value["repeat"])
