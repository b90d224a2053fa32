"""Run submissions against the real sandbox: a course with the small assignment, an examiner from a real zygote."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path

import nbformat

from grading.config import Course
from grading.config.settings import Settings, Times
from grading.examine.job import Job
from grading.examine.shared_zygote import zygote
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle, Cell
from grading.sandbox.channel import Channel
from grading.sandbox.child import Child

from .attack import ASSIGNMENTS, Attack, master

NAME = "twice"
TIMES = Times(cell=6.0, call=4.0, item=12.0, submission=120.0)
SETTINGS = Settings(memory_mb=512, processes=32, scratch_mb=32, level="unsafe")


def make_course(folder: Path) -> Course:
    """Write the assignments below a folder."""
    for name in ASSIGNMENTS:
        path = folder / "solutions" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(master(name), path)
    (folder / "solutions" / "grading.toml").write_text(f'[forbidden]\n{NAME} = ["numpy.linalg.norm"]\n')
    return Course(folder / "solutions", folder / "assignments", folder / "work")


class Grader:
    """Grades submissions of the assignments, one at a time."""

    def __init__(self, folder: Path, settings: Settings = SETTINGS, times: Times = TIMES) -> None:
        self.course = make_course(folder)
        self.assignments = {name: Assignment(self.course, name) for name in ASSIGNMENTS}
        self.bundle: Bundle = self.assignments[NAME].bundle
        self.times = times
        self.zygote = zygote(json.dumps(settings.to_json(), sort_keys=True))

    def grade(self, attack: Attack, *, seed: int = 7, **job: object) -> dict:
        """The examiner's whole answer; items by their grade_id."""
        assignment = self.assignments[attack.assignment]
        seeds = {test.grade_id: seed for test in assignment.bundle.tests}
        task = dataclasses.replace(Job(assignment.bundle, (), seeds, self.times), **job)
        data = base64.b64encode(attack.submission(assignment.released)).decode()
        child = Child(self.zygote, "examiner")
        try:
            channel = Channel(child.socket)
            channel.send(json.dumps({"job": task.to_json(), "submission": data, "zygote": self.zygote}).encode())
            answer = json.loads(channel.receive(seconds=120))
        finally:
            child.close()
        return {**answer, "items": {item["grade_id"]: item for item in answer.get("items", [])}}


def examine(zygote: str, bundle: Bundle, answers: dict[str, str], functions: set[str] | None = None) -> dict:
    """Examine answers, by function; the others are the master's."""
    cells = bundle.setup + tuple(Cell(c.id, answers.get(c.id, c.source), c.defines) for c in bundle.answers)
    seeds = {test.grade_id: 7 for test in bundle.tests if functions is None or test.function in functions}
    child = Child(zygote, "examiner")
    try:
        channel = Channel(child.socket)
        channel.send(json.dumps({"job": Job(bundle, cells, seeds).to_json(), "zygote": zygote}).encode())
        return {item["grade_id"]: item for item in json.loads(channel.receive(seconds=300))["items"]}
    finally:
        child.close()


def unexpected(attack: Attack, answer: dict) -> list[str]:
    """What is not as it should be, in words; empty if all is."""
    found = [] if answer["state"] == attack.state else [f"the submission is {answer['state']}: {answer['flags']}"]
    if attack.state == "unreadable":
        return found
    for function in notebook.answers(master(attack.assignment)):
        item = answer["items"][f"test_{function}"]
        expected = attack.expected.get(function)
        state, kind, words = (expected.state, expected.kind, expected.words) if expected else ("full", "", "")
        said = f"{function}: {item['state']}, {item['kind']}: {item['reason'][:300]}"
        full = item["earned"] == item["points"]
        if (
            item["state"] != state
            or full != (state == "full")
            or kind not in ("", item["kind"])
            or words not in item["reason"]
        ):
            found.append(said)
    return found
