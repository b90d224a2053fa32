"""What stock nbgrader gives for the same submissions: run once, kept in stock.json beside this file.

Only those that are safe without a sandbox are run: nbgrader executes them as the user who grades.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from grading.gradebook.read import collect
from grading.gradebook.stock import autograde
from grading.masters.assignment import Assignment
from grading.masters.release import generate

from . import ATTACKS
from .run import NAME, make_course

RECORD = Path(__file__).with_name("stock.json")
CELL_TIMEOUT = 15


def record(folder: Path, say: Callable[[str], None] = print) -> None:
    """Grade the attacks with nbgrader below a folder, and write the points of each item."""
    course = make_course(folder)
    generate(course, NAME)
    template = Assignment(course, NAME).released
    attacks = {attack.slug: attack for attack in ATTACKS if attack.stock}
    for slug, attack in attacks.items():
        path = course.step("submitted", slug, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(attack.submission(template))
    failures = {}
    for run in autograde(course, NAME, attacks, workers=1, cell_timeout=CELL_TIMEOUT):
        failures[run.student] = run.failure
        say(f"{run.student}: {run.seconds:.0f} s {run.failure}")
    results = collect(Assignment(course, NAME), {slug: why for slug, why in failures.items() if why})
    points = {result.student: {test: score.points for test, score in result.scores.items()} for result in results}
    lost = {slug for slug, failure in failures.items() if failure}
    content = {slug: None if slug in lost else points.get(slug) for slug in attacks}
    RECORD.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
