"""A sample class: submissions of every kind that a grader meets, each with the points that it must get.

The points are known from how a submission is made: a test about a function gives all of its points if the answer is
the master's, and none otherwise. That holds for hostile answers, too: each costs its own item and nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.solutions import Misconception
from grading.verdicts.verdict import State

from . import hostile
from .drawing import draw_all, shown_after


@dataclass(frozen=True)
class Sample:
    """One made-up submission.

    Parameters
    ----------
    student : its nbgrader id
    what : what is special about it, for people
    answers : source by function; a function that is missing stays as it was released
    expected : points by test
    state : where the submission must end
    alone : whether only a grader that keeps answers apart from its tests, and from each other, gets it right
    walls : whether only a machine that confines student code does
    tests : source by test, for a submission that changes its tests
    cut : whether the file ends in the middle
    drawn : functions whose pictures the student hands in, too
    """

    student: str
    what: str
    answers: Mapping[str, str] = field(repr=False)
    expected: Mapping[str, float]
    state: State = State.GRADED
    alone: bool = False
    walls: bool = False
    tests: Mapping[str, str] = field(default_factory=dict, repr=False)
    cut: bool = False
    drawn: tuple[str, ...] = ()


def sample_class(assignment: Assignment, *, singles: int = 4) -> list[Sample]:
    """Return the samples of an assignment: one of each kind, and one for each of the first `singles` misconceptions."""
    right = assignment.answers
    kinds = [
        *_honest(assignment, singles),
        *_broken(right),
        *_hostile(right, assignment.path),
        *_tampered(assignment),
    ]
    samples = []
    for number, (what, answers, good, about) in enumerate(kinds, start=1):
        expected = _expected(assignment, set() if about.get("cut") else good)
        samples.append(Sample(f"student{number:02}", what, answers, expected, **about))
    return samples


def write(assignment: Assignment, samples: Iterable[Sample]) -> None:
    """Write each sample as a submission: the released notebook with its answers filled in, written ones included."""
    for sample in samples:
        nb = notebook.with_answers(assignment.released, sample.answers)
        for cell in nb.cells:
            if sample.answers and notebook.is_manual(cell):
                cell.source = "The network looks at the animal more than at what is around it."
            cell.source = sample.tests.get(notebook.grade_id(cell), cell.source)
        path = assignment.submitted(sample.student)
        notebook.write(nb, path)
        if sample.cut:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


Kind = tuple[str, Mapping[str, str], set[str], dict[str, Any]]
"""What is special, the answers, which functions are right, and more about the sample."""


def _honest(assignment: Assignment, singles: int) -> Iterator[Kind]:
    right = assignment.answers
    first = next(iter(right))
    wrong = _one_of_each(_certain(assignment))
    mixture = {entry.function: entry.source for entry in reversed(wrong)}
    drawn = tuple(dict.fromkeys(entry.function for entry in wrong[:singles]))
    yield "everything right", right, set(right), {"drawn": drawn}
    yield "right, and prints warnings", right | {first: _warning(first, right[first])}, set(right), {}
    for entry in wrong[:singles]:
        what = f"{entry.function}: {_words(entry.name)}"
        yield what, right | {entry.function: entry.source}, set(right) - {entry.function}, {"drawn": (entry.function,)}
    yield f"a mistake in {len(mixture)} answers", right | mixture, set(right) - set(mixture), {}
    yield "only the first answer, the rest untouched", {first: right[first]}, {first}, {}
    yield "untouched template", {}, set(), {}


def _broken(right: dict[str, str]) -> Iterator[Kind]:
    first, last = next(iter(right)), list(right)[-1]
    broken = [
        (f"{last} runs for ever", last, _function(last, "while True:\n        pass")),
        (f"{first} crashes", first, _function(first, 'raise RuntimeError("not finished")')),
        (f"a syntax error in {first}", first, f"def {first}(*args, **kwargs)\n    return None"),
        (f"{last} calls sys.exit()", last, _function(last, "import sys\n\n    sys.exit(0)")),
    ]
    for what, name, source in broken:
        yield what, right | {name: source}, set(right) - {name}, {}
    killer = _function(last, "import os\n\n    os._exit(1)")
    yield f"{last} kills its process", right | {last: killer}, set(right) - {last}, {"alone": True}


def _hostile(right: dict[str, str], master: Path) -> Iterator[Kind]:
    """Each attack in another answer, in turn."""
    for attack, name in zip(hostile.KINDS, itertools.cycle(right)):
        what = f"{name}: {_words(attack.__name__)}"
        yield (
            what,
            right | {name: attack(name, master)},
            set(right) - {name},
            {"alone": True, "walls": attack in hostile.NEED_WALLS},
        )


def _tampered(assignment: Assignment) -> Iterator[Kind]:
    right = assignment.answers
    tests = dict.fromkeys(assignment.tests, "assert True")
    yield "no answers, and every test says yes", {}, set(), {"tests": tests, "state": State.REVIEW, "alone": True}
    yield "the file ends in the middle", right, set(right), {"cut": True, "state": State.UNREADABLE, "alone": True}


def add_pictures(assignment: Assignment, samples: Sequence[Sample], *, workers: int = 2) -> None:
    """Store the pictures that students would have seen in the submissions that come with some."""
    paths = [assignment.submitted(sample.student) for sample in samples if sample.drawn]
    functions = [sample.drawn for sample in samples if sample.drawn]
    notebooks = [notebook.read(path) for path in paths]
    jobs = [(nb, shown_after(nb, names)) for nb, names in zip(notebooks, functions, strict=True)]
    for path, nb in zip(paths, draw_all(jobs, workers=workers), strict=True):
        notebook.write(nb, path)


def _expected(assignment: Assignment, right: set[str]) -> dict[str, float]:
    """Return the points of each test, given which functions are right."""
    tests = assignment.tests.items()
    return {test: points if assignment.functions[test] in right else 0.0 for test, points in tests}


def _certain(assignment: Assignment) -> list[Misconception]:
    """Return the entries whose points are certain: a function with several tests may pass some of them."""
    tested = list(assignment.functions.values())
    return [entry for entry in assignment.misconceptions if tested.count(entry.function) == 1]


def _one_of_each(entries: list[Misconception]) -> list[Misconception]:
    """Return the entries in an order that takes one of each function in turn."""
    by_function = [list(group) for _, group in itertools.groupby(entries, key=lambda entry: entry.function)]
    rounds = itertools.zip_longest(*by_function)
    return [entry for entry in itertools.chain.from_iterable(rounds) if entry is not None]


def _function(name: str, body: str) -> str:
    return f"def {name}(*args, **kwargs):\n    {body}"


def _warning(name: str, source: str) -> str:
    """Return a right answer that also writes to stderr whenever it is called."""
    noisy = _function(name, f'print("careful", file=sys.stderr)\n    return quiet_{name}(*args, **kwargs)')
    return f"import sys\n\n{source}\n\n\nquiet_{name} = {name}\n\n\n{noisy}"


def _words(name: str) -> str:
    return name.replace("_", " ")
