"""How long does a wrong answer take to examine, hints included, as a multiple of a right submission?

A right submission of the assignment is the peer, in the same process and on the same warm zygote; each entry of the
catalogue is handed in as the one wrong answer of an otherwise right submission.

    python benchmarks/wrong_answers.py [ASSIGNMENT ...]
"""

import json
import secrets
import sys
import time

sys.path.pop(0)  # beside this file lies a grading.py, which is not the package

from grading.config import Course
from grading.config.settings import Settings, Times
from grading.examine import shared_zygote
from grading.examine.examiner import examine
from grading.examine.job import Job
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle, Cell

SLOWEST = 5


def seconds(zygote: str, bundle: Bundle, function: str = "", source: str = "") -> float:
    """Time to examine a submission that is right, or right but for one function."""
    cells = (
        *bundle.setup,
        *(Cell(c.id, source if function in c.defines else c.source, c.defines) for c in bundle.answers),
    )
    seeds = {test.grade_id: secrets.randbits(32) for test in bundle.tests}
    started = time.perf_counter()
    examine(Job(bundle, cells, seeds, Times(), "failed"), zygote=zygote)
    return time.perf_counter() - started


def main(names: list[str]) -> None:
    course = Course.from_environment()
    zygote = shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))
    for name in names or course.names():
        bundle = Assignment(course, name).bundle
        seconds(zygote, bundle)
        right = sorted(seconds(zygote, bundle) for _ in range(3))[1]
        taken = sorted(
            ((seconds(zygote, bundle, w.function, w.source), f"{w.function}__{w.name}") for w in bundle.catalogue),
            reverse=True,
        )
        over = sum(each > 3 * right for each, _ in taken)
        print(f"{name}: right {right:.2f} s; {len(taken)} wrong answers, {over} of them over 3 times", flush=True)
        for each, entry in taken[:SLOWEST]:
            print(f"    {each / right:5.1f} x  {entry}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
