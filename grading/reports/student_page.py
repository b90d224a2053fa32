"""One page for each student: the points of every item, what was tested in words, what came out, and a hint.

The page holds no test code and no expected value. What the tests said about the answer is text, never markup.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grading.config import Course
from grading.gradebook.read import Result
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.verdicts.verdict import Item, ItemState, State, Verdict

from .html import clean, write_page

PAGE = "feedback.html"
LONGEST = 2_000
_LOOK = {ItemState.FULL: ("full", "✓"), ItemState.PARTIAL: ("partial", "◐"), ItemState.ZERO: ("zero", "✗")}
_ABOUT = {
    State.MISSING: "Nothing was handed in that could be graded.",
    State.UNREADABLE: "The notebook could not be read.",
}


@dataclass(frozen=True)
class Tested:
    """What a test is about: the function, what the function should do in a sentence, and which aspect is tested."""

    function: str
    sentence: str = ""
    aspect: str = ""


@dataclass(frozen=True)
class Shown:
    """An item as the page shows it."""

    function: str
    aspect: str
    tested: str
    earned: float
    points: float
    look: str
    sign: str
    came_out: str
    hint: str
    traceback: str


def feedback_path(course: Course, name: str, student: str) -> Path:
    """Return where a student's page is, beside nbgrader's own."""
    return course.step("feedback", student, name) / PAGE


def write_feedback(
    assignment: Assignment,
    verdicts: Iterable[Verdict],
    *,
    results: Mapping[str, Result] | None = None,
    late: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the page of each verdict and return their paths.

    Parameters
    ----------
    results : what the gradebook says by student: written answers, comments, penalties
    late : the reason of a penalty by student
    """
    about = about_tests(assignment)
    paths = []
    for verdict in verdicts:
        path = feedback_path(assignment.course, assignment.name, verdict.student)
        page(path, verdict, about, (results or {}).get(verdict.student), (late or {}).get(verdict.student, ""))
        paths.append(path)
    return paths


def page(
    path: Path, verdict: Verdict, about: Mapping[str, Tested], result: Result | None = None, late: str = ""
) -> None:
    """Write one page."""
    tests = {item.grade_id for item in verdict.items}
    written = {key: score for key, score in result.scores.items() if key not in tests} if result else {}
    waiting = sum(score.max_points for score in written.values() if score.to_read)
    penalty = result.penalty if result else 0.0
    # a person may have changed the points of a test, too: the gradebook has the last word
    earned = sum(score.points for score in result.scores.values()) if result else verdict.earned
    best = sum(item.points for item in verdict.items) + sum(score.max_points for score in written.values())
    same = {item.reason for item in verdict.items}
    write_page(
        path,
        "feedback.html",
        student=verdict.student,
        assignment=verdict.assignment,
        total=max(0.0, earned - penalty),
        best=best,
        waiting=waiting,
        penalty=penalty,
        late=late,
        reason=" ".join(filter(None, [_ABOUT.get(verdict.state, ""), verdict.reason])),
        items=[_shown(item, about, result, quiet=same == {verdict.reason}) for item in verdict.items],
        written=written,
        flags=verdict.flags,
    )


def about_tests(assignment: Assignment) -> dict[str, Tested]:
    """Return what each test is about, from its name and the docstrings that students were given."""
    stubs = notebook.answers(assignment.released)
    sentences = {key: _first_sentence(source, key) for key, source in stubs.items()}
    about = {}
    for test, function in assignment.functions.items():
        aspect = test.removeprefix(f"test_{function}").strip("_").replace("_", " ")
        about[test] = Tested(function, sentences[function], aspect)
    return about


def _first_sentence(source: str, function: str) -> str:
    """Return the first line of a function's docstring; empty if it has none."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function:
            return (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")
    return ""


def _shown(item: Item, about: Mapping[str, Tested], result: Result | None, *, quiet: bool) -> Shown:
    known = about.get(item.grade_id, Tested(item.grade_id))
    look, sign = _LOOK.get(item.state, ("review", "…"))
    came_out = "" if quiet else item.reason
    if item.state == ItemState.REVIEW:
        came_out = f"{came_out} A person will look at this.".strip()
    score = result.scores.get(item.grade_id) if result else None
    earned = score.points if score else item.earned
    if score and score.points != item.earned:
        came_out = f"{came_out} A person set these points.".strip()
        look, sign = ("full", "✓") if earned >= item.points else ("partial", "◐") if earned else ("zero", "✗")
    return Shown(
        function=known.function,
        aspect=known.aspect,
        tested=known.sentence,
        earned=earned,
        points=item.points,
        look=look,
        sign=sign,
        came_out=_short(came_out),
        hint=item.hint,
        traceback=_short(clean(item.traceback)),
    )


def _short(text: str) -> str:
    """Return as much of a text as a page should show, its end included: there an error says what it is."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    end = text[-half:].partition("\n")[2] or text[-half:]
    return f"{text[:half]}\n[... {len(text) - LONGEST} characters left out ...]\n{end}"
