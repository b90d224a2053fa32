"""A notebook under another name in a student's folder: taken where no doubt is left, told of where there is some."""

import pytest

from grading.intake.arrivals import load_records
from grading.intake.misnamed import take
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import release
from grading.run.session import Session
from grading.verdicts.verdict import State


@pytest.fixture
def course(course):
    release(course)
    return course


def put(course, *names):
    folder = course.step("submitted", "ada", "toy")
    folder.mkdir(parents=True)
    for name in names:
        notebook.write(notebook.read(course.released("toy")), folder / name)
    return folder


def test_the_only_notebook_is_taken_whatever_its_name(course):
    folder = put(course, "WMS q3 (1).ipynb")
    (folder / "notes.txt").write_text("my notes")
    (record,) = take(course, "toy")
    assert record.flags == ("WMS q3 (1).ipynb was taken for toy.ipynb.",)
    assert (folder / "toy.ipynb").read_bytes() == (folder / "WMS q3 (1).ipynb").read_bytes()
    assert load_records(course, "toy")["ada"].flags == record.flags
    assert take(course, "toy") == []
    assert Session(Assignment(course, "toy")).plan("ada").verdict.state == State.GRADED


def test_two_notebooks_leave_a_doubt_and_are_named(course):
    folder = put(course, "a.ipynb", "b.ipynb")
    assert take(course, "toy") == []
    assert not (folder / "toy.ipynb").exists()
    verdict = Session(Assignment(course, "toy")).plan("ada").verdict
    assert (verdict.state, verdict.reason) == (
        State.MISSING,
        "There is no toy.ipynb. What lies there: a.ipynb, b.ipynb.",
    )


def test_what_is_no_notebook_of_the_assignment_is_not_taken(course):
    folder = put(course)
    empty = notebook.nbformat.v4.new_notebook(cells=[notebook.nbformat.v4.new_code_cell("print(1)")])
    notebook.write(empty, folder / "other.ipynb")
    assert take(course, "toy") == []
    assert "What lies there: other.ipynb." in Session(Assignment(course, "toy")).plan("ada").verdict.reason


def test_a_link_is_not_followed(course, tmp_path):
    folder = put(course)
    notebook.write(notebook.read(course.released("toy")), tmp_path / "secret.ipynb")
    (folder / "mine.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert take(course, "toy") == []


def test_a_notebook_of_the_right_name_is_left_alone(course):
    folder = put(course, "toy.ipynb", "other.ipynb")
    before = (folder / "toy.ipynb").stat().st_mtime_ns
    assert take(course, "toy") == []
    assert (folder / "toy.ipynb").stat().st_mtime_ns == before
