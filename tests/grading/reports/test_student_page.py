"""What a student reads: enough to understand each point, no test code, and no markup that anybody else wrote."""

import html
import re

import pytest

from grading.gradebook.read import Result, Score
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.reports.html import anchor, clean, points, words
from grading.reports.student_page import LONGEST, about_tests, feedback_path, write_feedback
from grading.verdicts.verdict import Item, ItemState, State, Verdict

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31mred\x1b[0m \u202egnp.exe \x00"
RIGHT = Item("test_double", 2, 2, ItemState.FULL)
WRONG = Item(
    "test_mean",
    0,
    1,
    ItemState.ZERO,
    reason="Try three numbers: expected `3`, got 4.5.",
    kind="wrong",
    hint="You divide by two: divide by the number of values.",
    misconception="of_two",
    traceback='Cell 6, line 2, in mean\n    return sum(values) / "2"\nTypeError: no',
)


@pytest.fixture
def page(course):
    """The text of the page for a verdict: `page(items, **about)`, whitespace folded, and its HTML."""

    def write(*items, state=State.GRADED, result=None, late="", **about):
        verdict = Verdict("ada", "toy", state, items, **about)
        results = {"ada": result} if result else None
        (path,) = write_feedback(Assignment(course, "toy"), [verdict], results=results, late={"ada": late})
        assert path == feedback_path(course, "toy", "ada")
        source = path.read_text()
        body = source.partition("<main>")[2]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body.replace("<wbr>", ""))).split()), source

    return write


def test_each_item_says_its_points_what_was_tested_what_came_out_and_the_hint(page):
    text, _ = page(RIGHT, WRONG)
    assert "Points 2 of 3" in text
    assert "✓ double 2 of 2 points What was tested Return twice x." in text
    assert "✗ mean 0 of 1 points What was tested Return the mean of some numbers." in text
    assert "What came out Try three numbers: expected 3 , got 4.5." in text
    assert "What it looks like You divide by two: divide by the number of values." in text
    assert 'Where in your code Cell 6, line 2, in mean return sum(values) / "2" TypeError: no' in text


def test_no_test_code_and_no_hidden_value_is_on_the_page(page, master):
    _, source = page(RIGHT, WRONG)
    for cell in master.cells:
        if notebook.is_test(cell):
            for line in cell.source.splitlines():
                assert line not in html.unescape(source)
    assert "HIDDEN" not in source


def test_words_of_a_student_cannot_become_markup_or_control_anything(page):
    item = Item("test_mean", 0, 1, ItemState.ZERO, HOSTILE, "error", HOSTILE, "x", HOSTILE)
    text, source = page(item, flags=(HOSTILE,), reason="!" + HOSTILE)
    assert "<script" not in source
    assert "<img" not in source
    assert text.count("<script>alert(1)</script>") == 5
    assert not re.search(r"[\x00\x1b\u202e]", source)
    assert "red gnp.exe" in text


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page):
    _, source = page(RIGHT, WRONG)
    assert not re.search(r"https?://|<script|<link|\son\w+=", source)
    assert "default-src 'none'" in source


def test_the_page_can_be_read_by_machine_and_without_colour(page):
    _, source = page(RIGHT, WRONG)
    assert '<html lang="en">' in source
    assert len(re.findall("<h1", source)) == 1
    labels = re.findall(r'aria-labelledby="([^"]+)"', source)
    assert len(labels) == 2
    assert all(f'id="{label}"' in source for label in labels)


def test_written_answers_comments_penalties_and_changed_points_come_from_the_gradebook(page):
    scores = {
        "test_double": Score(2, 2),
        "test_mean": Score(0.5, 1),  # a person gave half
        "question_why": Score(1, 2, comment="Good, but why <b>?"),
        "question_how": Score(0, 3, to_read=True),
    }
    result = Result("ada", scores, [], penalty=0.35)
    text, source = page(RIGHT, WRONG, result=result, late="1 day late: 10% of 3.5 points")
    assert "Points 3.15 of 8" in text
    assert "Still to be read 3 points" in text
    assert "Lateness -0.35" in text
    assert "1 day late: 10% of 3.5 points." in text
    assert "◐ mean 0.5 of 1 points" in text
    assert "A person set these points." in text
    assert "question_why 1 of 2 points Comment Good, but why <b>?" in text
    assert "question_how a person will read it (3 points)" in text
    assert "why <b>" not in source


def test_points_never_fall_below_zero(page):
    text, _ = page(
        RIGHT, WRONG, result=Result("ada", {"test_double": Score(2, 2), "test_mean": Score(0, 1)}, [], penalty=9)
    )
    assert "Points 0 of 3" in text


def test_an_unreadable_notebook_says_why_once(page):
    why = "The file is not JSON, so it is no notebook; it may be cut off."
    zeros = [Item(test, 0, 1, ItemState.ZERO, why, "unreadable") for test in ("test_double", "test_mean")]
    text, _ = page(*zeros, state=State.UNREADABLE, reason=why)
    assert text.count(why) == 1
    assert "The notebook could not be read." in text


def test_nothing_handed_in_is_said(page):
    text, _ = page(state=State.MISSING)
    assert "Nothing was handed in that could be graded." in text


def test_an_item_to_review_says_so(page):
    text, _ = page(Item("test_mean", 0, 1, ItemState.REVIEW, "It gave two answers.", "unsteady"), flags=("Look here.",))
    assert "It gave two answers. A person will look at this." in text
    assert "This costs no points by itself. Look here." in text


def test_endless_words_are_cut_but_keep_their_end(page):
    text, source = page(Item("test_mean", 0, 1, ItemState.ZERO, traceback="x\n" * 500_000 + "ValueError: the end"))
    assert len(source) < 20_000 + 2 * LONGEST
    assert "ValueError: the end" in text


def test_tests_of_several_aspects_are_told_apart(tmp_path, master, build_course):
    second = next(cell for cell in master.cells if cell.id == "test_mean").copy()
    second.id, second.metadata = "test_mean_large_numbers", {"nbgrader": dict(second.metadata.nbgrader)}
    second.metadata["nbgrader"]["grade_id"] = second.id
    master.cells.append(second)
    about = about_tests(Assignment(build_course(tmp_path / "several", master), "toy"))
    assert about["test_mean_large_numbers"].aspect == "large numbers"
    assert about["test_mean"].aspect == ""
    assert about["test_mean"].sentence == "Return the mean of some numbers."


def test_helpers_of_the_pages():
    assert [points(value) for value in (30.0, 0.0, 12.25, 2.5)] == ["30", "0", "12.25", "2.5"]
    assert words("use `a < b` here") == "use <code>a &lt; b</code> here"
    assert clean("a\x07b\nc\td") == "ab\nc\td"
    assert anchor("ada.l@x y") == "student-ada.2e.l.40.x.20.y"
