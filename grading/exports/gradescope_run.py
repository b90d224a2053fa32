"""What runs on Gradescope for each submission: find the notebook, have it examined, write results.json.

A fault of the machine leaves no results.json and exits with 1, so that Gradescope tells the instructor and nobody gets
a zero for it. What students did wrong always ends in results.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grading.config.input_seeds import derive
from grading.config.settings import Times
from grading.examine.job import Job
from grading.examine.shared_zygote import ZygoteError
from grading.intake.archives import opened
from grading.intake.choose import choose
from grading.intake.layouts import Owner
from grading.masters.bundle import Bundle
from grading.reading.submission import UnreadableError, notebook_of
from grading.reports.html import clean
from grading.run.worker import ExaminerError, FaultError, examine
from grading.verdicts.code_version import code_version
from grading.verdicts.verdict import Item, ItemState, State

from .gradescope import ASSIGNMENT

LONGEST = 10_000
ATTEMPTS = 3
TIMES = Times(cell=20, call=20, item=60, submission=480)  # Gradescope stops an autograder after ten minutes


def main(root: Path) -> int:
    """Grade what lies in `root`/submission; returns the exit code."""
    started = time.monotonic()
    about = json.loads((root / "source" / ASSIGNMENT).read_text(encoding="utf-8"))
    bundle = Bundle.from_json(about["bundle"])
    try:
        data, flags = _notebook(root / "submission", bundle)
        answer = _examined(bundle, about, data, _who(root)) if data is not None else None
    except (ExaminerError, FaultError, ZygoteError) as error:
        print(f"The machine failed, nobody is graded: {error}")
        return 1
    results = as_results(bundle, about, answer, flags)
    results["execution_time"] = round(time.monotonic() - started, 1)
    path = root / "results" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(".results.json")
    draft.write_text(json.dumps(results, indent=1), encoding="utf-8")
    draft.replace(path)
    print(f"graded by {Path(__file__).parent}, isolation at least {about['settings']['level']}")
    return 0


def as_results(
    bundle: Bundle, about: Mapping[str, Any], answer: Mapping[str, Any] | None, flags: list[str]
) -> dict[str, Any]:
    """Return Gradescope's results for an examiner's answer.

    Parameters
    ----------
    answer : what the examiner said, or None if there was no notebook that can be read; then `flags` say why
    """
    items = {item["grade_id"]: item for item in (answer or {}).get("items", ())}
    reason = " ".join(flags) if answer is None else answer["reason"]
    tests = []
    for test in bundle.tests:
        zero = Item(test.grade_id, 0.0, test.points, ItemState.ZERO, reason, "unreadable")
        item = Item(**items[test.grade_id]) if test.grade_id in items else zero
        tests.append(_test(item, about["tests"].get(test.grade_id, {}), about["visibility"]))
    flags = flags + list((answer or {}).get("flags", ()))
    return {
        "output": _text(reason, *(f"For the instructor: {flag}" for flag in flags if flag not in reason)),
        "output_format": "text",
        "visibility": about["visibility"],
        "stdout_visibility": "hidden",
        "extra_data": {"state": answer["state"] if answer else State.MISSING, "flags": flags},
        "tests": tests,
    }


def _test(item: Item, about: Mapping[str, str], visibility: str) -> dict[str, Any]:
    aspect = f" ({about['aspect']})" if about.get("aspect") else ""
    person = "A person will look at this." if item.state == ItemState.REVIEW else ""
    return {
        "name": f"{about.get('function', item.grade_id)}{aspect}",
        "score": item.earned,
        "max_score": item.points,
        "status": "passed" if item.state == ItemState.FULL else "failed",
        "output": _text(about.get("sentence", ""), item.reason, person, item.hint, item.traceback),
        "output_format": "text",
        "visibility": visibility,
        "extra_data": {"misconception": item.misconception, "kind": item.kind},
    }


def _notebook(folder: Path, bundle: Bundle) -> tuple[bytes | None, list[str]]:
    """Return the submitted notebook, recognised by its content, and what a person should know."""
    names = {test.grade_id for test in bundle.tests} | {cell.id for cell in bundle.answers}
    with opened(folder) as entries:
        files = [(entry, Owner("student", time=entry.modified)) for entry in entries]
        found, flags = choose(files, bundle.assignment, {bundle.assignment: names})
    if found is None:
        return None, flags or ["There is no notebook in the submission."]
    try:
        notebook_of(found.data)
    except UnreadableError as error:
        return None, [str(error)]
    return found.data, flags


def _examined(bundle: Bundle, about: Mapping[str, Any], data: bytes, student: str) -> dict[str, Any]:
    secret = bytes.fromhex(about["secret"])
    seeds = {test.grade_id: derive(secret, student, bundle.assignment, test.grade_id) for test in bundle.tests}
    job = Job(bundle, (), seeds, TIMES, about["settings"]["repeat"])
    task = {"version": code_version(), "settings": about["settings"], "job": job.to_json()}
    task["submission"] = base64.b64encode(data).decode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return json.loads(examine(json.dumps(task)))
        except ExaminerError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _who(root: Path) -> str:
    """Return who handed it in, so that a second try meets the same inputs; a group counts as one."""
    try:
        users = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))["users"]
        return ",".join(sorted(str(user["id"]) for user in users))
    except (OSError, ValueError, KeyError, TypeError):
        return "somebody"


def _text(*parts: str) -> str:
    return clean("\n".join(part for part in parts if part))[:LONGEST]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
