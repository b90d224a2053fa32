"""What an instructor may set for grading, in `solutions/grading.toml`; without that file, the defaults below."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .folders import CourseError

MEGABYTE = 2**20
_CHOICES = {"level": ("full", "restricted", "unsafe"), "repeat": ("none", "failed", "all")}


@dataclass(frozen=True)
class Times:
    """Seconds that student code may take: for one cell, for one call, for all calls of an item, for all of it."""

    cell: float = 20.0
    call: float = 20.0
    item: float = 60.0
    submission: float = 600.0


@dataclass(frozen=True)
class Settings:
    """How student code is confined and what it may not use.

    Parameters
    ----------
    level : the least isolation under which code is run: "full", "restricted" or "unsafe", see `isolation.Level`
    memory_mb : memory that student code may take on top of the warm process
    scratch_mb, scratch_files : what it may write
    processes : processes and threads at a time
    cpu_seconds : computing time of one process
    hidden : modules that hold answers or belong to the grader; they cannot be imported and their files are not there
    forbidden : assignment -> dotted names that its text forbids; a submission that uses one is flagged for review
    without : layers of isolation to do without, to try out how a lesser machine behaves
    repeat : which items run a second time on the same inputs, to find answers that disagree with themselves:
        "none", "failed" or "all"
    """

    level: str = "full"
    memory_mb: int = 2048
    scratch_mb: int = 64
    scratch_files: int = 4096
    processes: int = 64
    cpu_seconds: int = 600
    hidden: tuple[str, ...] = (
        *("grading", "solutions", "nbgrader", "captum", "sklearn.manifold", "openTSNE"),
        *("cs182viz.techniques", "cs182viz.demos"),
    )
    forbidden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    repeat: str = "failed"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Settings:
        """Read back what `to_json` gave, or part of it.

        Raises
        ------
        CourseError
            If there is no such setting, or its value is of another type.
        """
        known = {entry.name: getattr(cls(), entry.name) for entry in fields(cls)}
        checked = {name: _checked(name, value, known) for name, value in values.items()}
        return cls(**checked)


def load(solutions: Path) -> Settings:
    """Return the settings of the course whose masters are in `solutions`."""
    path = solutions / "grading.toml"
    if not path.exists():
        return Settings()
    try:
        return Settings.from_json(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, CourseError) as error:
        raise CourseError(f"{path}: {error}") from error


def _checked(name: str, value: Any, known: dict[str, Any]) -> Any:
    if name not in known:
        raise CourseError(f"There is no setting {name!r}. Known: {', '.join(known)}.")
    usual = known[name]
    if isinstance(usual, tuple):
        return tuple(str(item) for item in value)
    if isinstance(usual, dict) and isinstance(value, dict):
        return {str(key): tuple(str(item) for item in items) for key, items in value.items()}
    if type(value) is not type(usual):
        raise CourseError(f"The setting {name} should be like {usual!r}, not {value!r}.")
    if value not in _CHOICES.get(name, (value,)):
        raise CourseError(f"The setting {name} should be one of {', '.join(_CHOICES[name])}, not {value!r}.")
    return value
