"""Do our verdicts arrive in nbgrader's gradebook, and do nbgrader's own tools go on from there?"""

import csv
import dataclasses
import sqlite3
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.dbutil import write_alembic_ini
from sqlalchemy import text

from grading.config import COURSE_ID, CourseError
from grading.gradebook import write as gradebook_writer
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.nbgrader_steps import nbgrader_config
from grading.masters.release import release
from grading.verdicts.verdict import Item, ItemState, State, Verdict

SCRIPT = "Because <script>alert(1)</script> and [this](javascript:alert(2)): a<b."


@pytest.fixture
def course(course):
    release(course)
    return course


def submit(course, student="ada", *, why=None, timestamp=None):
    """Hand in the released notebook with `double` answered."""
    nb = notebook.with_answers(notebook.read(course.released("toy")), {"double": "def double(x):\n    return 2 * x"})
    for cell in nb.cells:
        if why is not None and notebook.is_manual(cell):
            cell.source = why
    path = course.step("submitted", student, "toy") / "toy.ipynb"
    notebook.write(nb, path)
    if timestamp:
        path.with_name("timestamp.txt").write_text(timestamp)


def verdict(student="ada", *, mean=0.0, state=State.GRADED, flags=()):
    items = (
        Item("test_double", 2.0, 2.0, ItemState.FULL),
        Item(
            *("test_mean", mean, 1.0, ItemState.FULL if mean else ItemState.ZERO),
            reason="The mean of 1 and 3 is 2.",
            kind="wrong",
            hint="You divide by two: divide by the number of values.",
        ),
    )
    return Verdict(student, "toy", state, items, flags)


def write(course, *verdicts):
    with gradebook_writer.writer(Assignment(course, "toy")) as writer:
        changed = []
        for value in verdicts:
            writer.write(value)
            changed.append(value.student in writer.flush())
        return changed


def grades(course, student="ada"):
    with Gradebook(course.db_url, COURSE_ID) as book:
        part = book.find_submission_notebook("toy", "toy", student)
        return {grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in part.grades}


def shown(course, student="ada"):
    nb = notebook.read(course.step("autograded", student, "toy") / "toy.ipynb")
    return {notebook.grade_id(cell) or cell.id: cell for cell in nb.cells}


def test_scores_arrive_and_written_answers_wait_for_a_person(course):
    submit(course, why="Because it is so.")
    assert write(course, verdict()) == [True]
    assert grades(course) == {
        "test_double": (2.0, None, False),
        "test_mean": (0.0, None, False),
        "question_why": (None, None, True),
    }


def test_an_untouched_written_answer_is_no_response(course):
    submit(course)
    write(course, verdict())
    assert grades(course)["question_why"] == (0.0, None, False)
    with Gradebook(course.db_url, COURSE_ID) as book:
        comments = {c.name: c.auto_comment for c in book.find_submission_notebook("toy", "toy", "ada").comments}
    assert comments == {"double": None, "mean": "No response.", "question_why": "No response."}


def test_writing_the_same_verdict_again_changes_nothing(course):
    submit(course, why="Because.")
    write(course, verdict())
    before = grades(course)
    assert write(course, verdict()) == [False]
    assert grades(course) == before


def test_a_manual_score_stays_and_is_looked_at_again_only_if_the_automatic_one_changed(course):
    submit(course)
    write(course, verdict())
    with Gradebook(course.db_url, COURSE_ID) as book:
        grade = book.find_grade("test_mean", "toy", "toy", "ada")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        book.db.commit()
    write(course, verdict())
    assert grades(course)["test_mean"] == (0.0, 0.5, False)
    write(course, verdict(mean=1.0))
    assert grades(course)["test_mean"] == (1.0, 0.5, True)


def test_a_flag_asks_for_a_person(course):
    submit(course)
    write(course, verdict(state=State.REVIEW, flags=("Test cell test_mean was edited.",)))
    assert grades(course)["test_double"] == (2.0, None, True)
    assert "Test cell test_mean was edited." in shown(course)["for-the-grader"].source


def test_a_missing_submission_is_not_entered_and_an_unreadable_one_gets_zeros(course):
    path = course.step("submitted", "bob", "toy") / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("not a notebook")
    zeros = tuple(
        Item(test, 0.0, points, ItemState.ZERO) for test, points in [("test_double", 2.0), ("test_mean", 1.0)]
    )
    write(
        course, Verdict("ada", "toy", State.MISSING), Verdict("bob", "toy", State.UNREADABLE, zeros, reason="Broken.")
    )
    with Gradebook(course.db_url, COURSE_ID) as book:
        assert [entry.student.id for entry in book.assignment_submissions("toy")] == ["bob"]
    assert grades(course, "bob") == dict.fromkeys(("test_double", "test_mean", "question_why"), (0.0, None, False))
    assert "Broken." in shown(course, "bob")["for-the-grader"].source


def test_the_notebook_shows_the_verdict_and_no_hidden_test_or_html(course):
    submit(course, why=SCRIPT)
    write(course, verdict())
    cells = shown(course)
    assert cells["double"].source == "def double(x):\n    return 2 * x"
    assert "2 of 2 points" in cells["test_double"].outputs[0].text
    assert cells["test_mean"].outputs[0].evalue == "The mean of 1 and 3 is 2."
    assert "divide by the number of values" in "".join(cells["test_mean"].outputs[0].traceback)
    everything = "".join(cell.source for cell in cells.values())
    assert "HIDDEN" not in everything
    assert "Try other numbers" not in everything
    assert "<script" not in everything
    assert "javascript:" not in everything
    assert "a< b" in cells["question_why"].source


def test_nbgraders_feedback_and_export_go_on_from_there(course, nbgrader):
    submit(course, why=SCRIPT, timestamp="2026-01-02 03:04:05 UTC")
    write(course, verdict())
    nbgrader(course, "generate_feedback", "toy")
    page = (course.step("feedback", "ada", "toy") / "toy.html").read_text()
    assert "divide by the number of values" in page
    assert "alert(1)</script>" not in page
    assert 'href="javascript:' not in page
    nbgrader(course, "export", "--to", str(course.work / "grades.csv"))
    (row,) = csv.DictReader((course.work / "grades.csv").open())
    assert (row["student_id"], float(row["score"]), float(row["max_score"])) == ("ada", 2.0, 5.0)
    assert row["timestamp"].startswith("2026-01-02 03:04:05")


def test_formgrader_opens_it(course):
    submit(course, why="Because.")
    write(course, verdict())
    (entry,) = NbGraderAPI(config=nbgrader_config(course)).get_notebook_submissions("toy", "toy")
    assert (entry["student"], entry["score"], entry["max_score"]) == ("ada", 2.0, 5.0)
    assert entry["needs_manual_grade"]
    (state,) = [s for s in NbGraderAPI(config=nbgrader_config(course)).get_submissions("toy") if s["student"] == "ada"]
    assert state["autograded"]


def test_points_that_changed_in_the_master_reach_the_gradebook(course):
    submit(course)
    write(course, verdict())
    master = notebook.read(course.master("toy"))
    next(cell for cell in master.cells if notebook.grade_id(cell) == "test_mean").metadata.nbgrader.points = 4
    notebook.write(master, course.master("toy"))
    write(course, verdict(mean=1.0))
    with Gradebook(course.db_url, COURSE_ID) as book:
        assert book.find_grade_cell("test_mean", "toy", "toy").max_score == 4
    assert grades(course)["test_double"] == (2.0, None, False)


def test_the_effective_address_is_shown(course):
    assert gradebook_writer.effective_url(course) == f"{course.db_url} (SQLite {sqlite3.sqlite_version})"


def test_a_new_gradebook_has_the_version_that_nbgraders_own_command_gives(course, tmp_path):
    write(course)
    with Gradebook(course.db_url, COURSE_ID) as book:
        version = book.db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    write_alembic_ini(str(tmp_path / "alembic.ini"), course.db_url)
    alembic = [sys.executable, "-m", "alembic.config", "-c", str(tmp_path / "alembic.ini"), "heads"]
    assert subprocess.run(alembic, capture_output=True, text=True, check=True).stdout == f"{version} (head)\n"


def test_a_gradebook_that_cannot_be_opened_is_an_error_without_its_password(course):
    away = dataclasses.replace(course, database="postgresql+psycopg://ta:topsecret@127.0.0.1:1/grades")
    with pytest.raises(CourseError, match=r"ta:\*\*\*@127\.0\.0\.1") as error:
        gradebook_writer.effective_url(away)
    assert "topsecret" not in str(error.value)
