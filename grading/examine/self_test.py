"""Before anybody is graded, the master's own answers are: a master that does not earn its points grades nobody."""

from __future__ import annotations

import json

from grading.config import CourseError
from grading.config.settings import Times
from grading.examine.job import Job
from grading.masters.bundle import Bundle, Cell
from grading.masters.notebook import NotebookError
from grading.sandbox.channel import Channel
from grading.sandbox.child import Child


def self_test(bundle: Bundle, *, zygote: str, seeds: tuple[int, ...] = (1, 2), times: Times | None = None) -> None:
    """Examine the master's answers as if a student had handed them in, on several sets of inputs.

    Parameters
    ----------
    zygote : path of the zygote's socket

    Raises
    ------
    NotebookError
        If an item does not get all of its points: the test is wrong, unsteady, or needs what a sandbox does not have.
    CourseError
        If a setup cell of the master fails, or no sandbox can be started.
    """
    times = times or Times()
    setup = tuple(Cell(given.id, given.source) for given in bundle.given if given.role == "setup")
    for seed in seeds:
        job = Job(bundle, setup + bundle.answers, {test.grade_id: seed for test in bundle.tests}, times, "none")
        for item in _examined(job, zygote):
            if item["earned"] != item["points"]:
                raise NotebookError(
                    f"The master of {bundle.assignment} does not pass its own test {item['grade_id']} "
                    f"({item['kind']}: {item['reason']}). Correct it before anybody is graded."
                )


def _examined(job: Job, zygote: str) -> list[dict]:
    child = Child(zygote, "examiner")
    try:
        channel = Channel(child.socket)
        channel.send(json.dumps({"job": job.to_json(), "zygote": zygote}).encode())
        reply = json.loads(channel.receive(seconds=job.times.submission + 60))
    finally:
        child.close()
    if "fault" in reply:
        raise CourseError(reply["fault"])
    return reply["items"]
