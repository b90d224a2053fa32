"""Results on disk: one small JSON file each, named by what it depends on, written whole or not at all.

``results/ab/abcd....json`` holds the verdict on an item (or what reading a submission said), where the name is the hash
of everything that decides it. ``verdicts/<assignment>/<student>.json`` is the latest verdict on a submission, put
together from these. A crash loses at most what was under way, and what did not change is never examined again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grading.config.input_seeds import derive
from grading.config.settings import Times
from grading.masters.bundle import Bundle

from .verdict import Verdict


class Store:
    """The results below a course's folder."""

    def __init__(self, folder: Path) -> None:
        self._results = folder / "results"
        self._verdicts = folder / "verdicts"

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the result of that name, or None; a damaged file counts as none."""
        return _read(self._result(key))

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a result under its name."""
        _write(self._result(key), value)

    def verdict(self, assignment: str, student: str) -> Verdict | None:
        """Return the latest verdict on a submission, or None."""
        value = _read(self._verdicts / assignment / f"{student}.json")
        return Verdict.from_json(value) if value is not None else None

    def put_verdict(self, verdict: Verdict) -> None:
        """Keep the verdict on a submission in place of an earlier one; nothing is written if it is the same."""
        if self.verdict(verdict.assignment, verdict.student) != verdict:
            path = self._verdicts / verdict.assignment / f"{verdict.student}.json"
            _write(path, verdict.to_json())

    def verdicts(self, assignment: str) -> Iterator[Verdict]:
        """Yield the latest verdict on each submission of an assignment, by student."""
        for path in sorted((self._verdicts / assignment).glob("*.json")):
            value = _read(path)
            if value is not None:
                yield Verdict.from_json(value)

    def _result(self, key: str) -> Path:
        return self._results / key[:2] / f"{key}.json"


class Keys:
    """The names of the results of one assignment.

    Parameters
    ----------
    bundle, times : what is examined, and for how long it may run
    rules : everything else that decides and is the same for all: settings, code version
    secret : the course's secret
    """

    def __init__(self, bundle: Bundle, times: Times, rules: dict[str, Any], *, secret: bytes) -> None:
        self._bundle = bundle
        self._secret = secret
        common = [bundle.assignment, asdict(times), rules]
        # no test is in what all items share, not even as it was given out: a changed one concerns its own item alone
        given = [asdict(cell) for cell in bundle.given if cell.role != "test"]
        master = [[asdict(cell) for cell in bundle.setup], [[cell.id, cell.defines] for cell in bundle.answers], given]
        master.append([[file.path, _digest(file.content)] for file in bundle.files])
        classes = set(bundle.classes())  # what a test may ask of an instance stands in the master's class
        master.append([cell.source for cell in bundle.answers if classes & set(cell.defines)])
        self._reading = _digest([common, [asdict(cell) for cell in bundle.given], bundle.forbidden])
        self._tests = {
            test.grade_id: _digest(
                [common, master, asdict(test), _hints(bundle, test.function), _behind(bundle, test.function)]
            )
            for test in bundle.tests
        }

    def seeds(self, student: str) -> dict[str, int]:
        """Return the seed of each test for a student."""
        name = self._bundle.assignment
        return {test.grade_id: derive(self._secret, student, name, test.grade_id) for test in self._bundle.tests}

    def reading(self, submission: str) -> str:
        """Return the name of what reading a submission says; `submission` is the hash of its cells."""
        return _digest(["reading", self._reading, submission])

    def items(self, submission: str, seeds: dict[str, int]) -> dict[str, str]:
        """Return the name of each test's verdict."""
        return {test: _digest(["item", key, submission, seeds[test]]) for test, key in self._tests.items()}


def cells_hash(content: dict[str, Any]) -> str:
    """Return the hash of what is taken from a notebook: kinds, ids and sources; outputs and metadata aside."""
    cells = [_mapping(cell) for cell in content["cells"]]
    nbgrader = [_mapping(_mapping(cell.get("metadata")).get("nbgrader")) for cell in cells]
    taken = [
        [cell.get("cell_type"), cell.get("id"), about.get("grade_id"), cell.get("source")]
        for cell, about in zip(cells, nbgrader, strict=True)
    ]
    return _digest([content.get("nbformat"), taken])


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _hints(bundle: Bundle, function: str) -> list[Any]:
    entries = [asdict(wrong) for wrong in bundle.catalogue if wrong.function == function]
    return [*entries, *(cell.source for cell in bundle.rights if function in cell.defines)]


def _behind(bundle: Bundle, function: str) -> list[str]:
    """What answers in a second examination, in which an error elsewhere does not count again."""
    names = set(bundle.behind(function))
    return [cell.source for cell in bundle.answers if names & set(cell.defines)]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError, ValueError):
        value = json.loads(path.read_text(encoding="utf-8"))
        return value if isinstance(value, dict) else None
    return None


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write beside, then rename: a reader finds the old file or the new one, never half of one.

    Nothing is forced to the disk: what a power failure takes of the latest files counts as missing, and is made again.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(value)
    try:
        draft.write_text(text, encoding="ascii")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="ascii")
    draft.replace(path)
