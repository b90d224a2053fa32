"""Two students go through nbgrader's exchange: fetch, submit, collect, our grader, release, fetch the page."""

import os
import re
import subprocess

import pytest
from stock_command import NBGRADER
from typer.testing import CliRunner

from grading.cli import app
from grading.config import CLONE
from grading.exports.exchange import lay_out
from grading.masters import notebook
from grading.masters.release import release
from grading.reports.student_page import feedback_path

PAGE = (CLONE / "docs" / "exchange.md").read_text(encoding="utf-8")
MEAN = "def mean(values):\n    return sum(values) / len(values)"
ANSWERS = {
    "ada": {"double": "def double(x):\n    return x + x", "mean": MEAN},
    "bob": {"double": "def double(x):\n    return x**2", "mean": MEAN},
}


class Student:
    """Somebody with a home and an exchange in common with all others."""

    def __init__(self, name, root, exchange):
        self.name = name
        self.home = root / name
        self.home.mkdir()
        (self.home / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\nc.CourseDirectory.course_id = 'cs182'\n"
            f"c.CourseDirectory.student_id = {name!r}\n"  # on a hub, the name of the user
        )

    def nbgrader(self, *arguments):
        variables = {"HOME": str(self.home), "JUPYTER_DATA_DIR": str(self.home / "jupyter")}
        done = subprocess.run(
            [*NBGRADER, *arguments],
            cwd=self.home,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def solve(self):
        path = self.home / "toy" / "toy.ipynb"
        notebook.write(notebook.with_answers(notebook.read(path), ANSWERS[self.name]), path)

    def pages(self):
        return [path.read_text() for path in (self.home / "toy" / "feedback").rglob("*.html")]


@pytest.fixture
def exchange(tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def grade(course, exchange, *arguments):
    folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
    variables = {f"CS182_{key}": str(path) for key, path in folders.items()}
    done = CliRunner().invoke(app, [*arguments], env=variables | {"CS182_EXCHANGE": str(exchange)})
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_two_students_get_their_own_pages_through_the_exchange(course, exchange, tmp_path, nbgrader, monkeypatch):
    monkeypatch.setenv("CS182_EXCHANGE", str(exchange))
    (course.solutions / "toy" / "words.txt").write_text("beside the notebook")
    release(course)
    nbgrader(course, "release_assignment", "toy")

    students = [Student(name, tmp_path, exchange) for name in ANSWERS]
    for student in students:
        student.nbgrader("fetch_assignment", "toy")
        assert (student.home / "toy" / "words.txt").read_text() == "beside the notebook"
        student.solve()
        student.nbgrader("submit", "toy")

    nbgrader(course, "collect", "toy", "--ExchangeCollect.check_owner=False")  # both are one user of this machine
    assert sorted(path.name for path in (course.work / "submitted").iterdir()) == ["ada", "bob"]
    grade(course, exchange, "autograde", "toy", "--allow-unsafe", "--jobs", "1")
    said = grade(course, exchange, "feedback", "toy", "--exchange")
    assert "nbgrader release_feedback toy" in said
    assert "cannot fetch" not in said
    nbgrader(course, "release_feedback", "toy")

    for student in students:
        student.nbgrader("fetch_feedback", "toy")
    (ada,), (bob,) = (student.pages() for student in students)
    assert "You multiply x by itself" in bob
    assert "You multiply x by itself" not in ada
    assert "Try other numbers" not in ada + bob.replace("Try other numbers.", "", 1)  # a hidden test's sentence, once


def test_who_did_not_come_through_the_exchange_is_named_and_stops_nobody(course, exchange, nbgrader, monkeypatch):
    monkeypatch.setenv("CS182_EXCHANGE", str(exchange))
    release(course)
    for name, answers in ANSWERS.items():
        path = course.step("submitted", name, "toy") / "toy.ipynb"
        notebook.write(notebook.with_answers(notebook.read(course.released("toy")), answers), path)
        (path.with_name("timestamp.txt")).write_text("2026-10-01 12:00:00 UTC")
    (course.step("submitted", "ada", "toy") / "submission_secret.txt").write_text("a secret")
    grade(course, exchange, "autograde", "toy", "--allow-unsafe", "--jobs", "1")
    said = grade(course, exchange, "feedback", "toy", "--exchange")
    assert "these cannot fetch theirs: bob." in said
    nbgrader(course, "release_feedback", "toy")


def test_a_secret_that_is_a_link_is_none(course, tmp_path):
    page, submitted = feedback_path(course, "toy", "ada"), course.step("submitted", "ada", "toy")
    for folder in (page.parent, submitted):
        folder.mkdir(parents=True)
    page.write_text("a page")
    (tmp_path / "elsewhere").write_text("what a student may not read")
    (submitted / "submission_secret.txt").symlink_to(tmp_path / "elsewhere")
    assert lay_out(course, "toy", ["ada"]) == ["ada"]
    assert "may not read" not in page.with_name("submission_secret.txt").read_text()


def test_one_page_for_each_notebook(course):
    folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
    variables = {f"CS182_{key}": str(path) for key, path in folders.items()}
    done = CliRunner().invoke(app, ["feedback", "toy", "--exchange", "--nbgrader"], env=variables)
    assert done.exit_code == 2
    assert "not both" in " ".join(done.output.split())


def test_the_page_names_the_commands_that_are_tried_here():
    commands = set(re.findall(r"^(?:nbgrader|cs182-grade) (\w+)", PAGE, flags=re.MULTILINE))
    assert commands >= {
        *("release_assignment", "fetch_assignment", "submit", "collect", "release_feedback", "fetch_feedback"),
        *("release", "autograde", "feedback"),
    }
