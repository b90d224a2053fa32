"""A sample class: submissions of every kind that a grader meets, each with the points that it must get.

The points are known from how a submission is made: a test about a function gives all of its points if the answer is
the master's, and none otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from . import notebook
from .course import Course
from .solutions import Misconception, misconceptions

LOST = "{} kills its process"


@dataclass(frozen=True)
class Sample:
    """One made-up submission.

    Parameters
    ----------
    student : its nbgrader id
    what : what is special about it, for people
    answers : source by function; a function that is missing stays as it was released
    expected : points by test
    lost : whether it kills its kernel, so that stock nbgrader cannot grade any of it
    """

    student: str
    what: str
    answers: Mapping[str, str] = field(repr=False)
    expected: Mapping[str, float]
    lost: bool = False


def sample_class(course: Course, name: str, *, singles: int = 4) -> list[Sample]:
    """Return the samples of an assignment: nine kinds, and one more for each of the first `singles` misconceptions."""
    master = notebook.read(course.master(name))
    right = notebook.answers(master)
    first, last = next(iter(right)), list(right)[-1]
    wrong = _one_of_each(_certain(misconceptions(name, course=course), master))
    mixture = {entry.function: entry.source for entry in reversed(wrong)}
    kinds: list[tuple[str, dict[str, str]]] = [
        *((f"{entry.function}: {_words(entry.name)}", {entry.function: entry.source}) for entry in wrong[:singles]),
        (f"a mistake in {len(mixture)} answers", mixture),
        (f"{last} runs for ever", {last: _function(last, "while True:\n        pass")}),
        (f"{first} crashes", {first: _function(first, 'raise RuntimeError("not finished")')}),
        (f"a syntax error in {first}", {first: f"def {first}(*args, **kwargs)\n    return None"}),
        (f"{last} calls sys.exit()", {last: _function(last, "import sys\n\n    sys.exit(0)")}),
    ]
    samples = [
        ("everything right", right, set(right)),
        ("right, and prints warnings", right | {first: _warning(first, right[first])}, set(right)),
        *((what, right | changed, set(right) - set(changed)) for what, changed in kinds),
        ("only the first answer, the rest untouched", {first: right[first]}, {first}),
        ("untouched template", {}, set()),
        (LOST.format(last), right | {last: _function(last, "import os\n\n    os._exit(1)")}, set()),
    ]
    return [
        Sample(f"student{number:02}", what, answers, _expected(master, good), what == LOST.format(last))
        for number, (what, answers, good) in enumerate(samples, start=1)
    ]


def write(course: Course, name: str, samples: Iterable[Sample]) -> None:
    """Write each sample as a submission: the released notebook with its answers filled in, written ones included."""
    released = notebook.read(course.released(name))
    for sample in samples:
        nb = notebook.with_answers(released, sample.answers)
        for cell in nb.cells:
            if sample.answers and notebook.is_manual(cell):
                cell.source = "The network looks at the animal more than at what is around it."
        notebook.write(nb, course.step("submitted", sample.student, name) / f"{name}.ipynb")


def _expected(master: NotebookNode, right: set[str]) -> dict[str, float]:
    """Return the points of each test, given which functions are right."""
    names = list(notebook.answers(master))
    tests = notebook.tests(master).items()
    return {test: points if notebook.tested_function(test, names) in right else 0.0 for test, points in tests}


def _certain(entries: list[Misconception], master: NotebookNode) -> list[Misconception]:
    """Return the entries whose points are certain: a function with several tests may pass some of them."""
    tests = [notebook.tested_function(test, list(notebook.answers(master))) for test in notebook.tests(master)]
    return [entry for entry in entries if tests.count(entry.function) == 1]


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
