"""Stock nbgrader on a small course with the real configuration: its commands, formgrader, and our reading of it."""

import csv
import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from grading.config import CLONE
from grading.demo.sample_class import Sample, write
from grading.exports.nbgrader_csv import export_csv
from grading.gradebook.read import collect
from grading.gradebook.stock import autograde, submitted
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import generate, release
from grading.masters.trial import trial

RIGHT = {
    "double": "def double(x):\n    return x + x",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
}
ANSWERS = {
    "right": RIGHT,
    "noisy": RIGHT | {"double": "import sys\ndef double(x):\n    print('careful', file=sys.stderr)\n    return 2 * x"},
    "square": RIGHT | {"double": "def double(x):\n    return x * x"},
    "syntax": RIGHT | {"mean": "def mean(values)\n    return 0"},
    "loop": RIGHT | {"mean": "def mean(values):\n    while True:\n        pass"},
    "empty": {},
}
EXPECTED = {"right": 3, "noisy": 3, "square": 1, "syntax": 2, "loop": 2, "empty": 0}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, build_course):
    """A small course, graded two submissions at a time, with one that kills its kernel."""
    course = build_course(tmp_path_factory.mktemp("graded"))
    generate(course, "toy")
    killer = RIGHT | {"mean": "import os\ndef mean(values):\n    os._exit(1)"}
    write(
        Assignment(course, "toy"),
        [Sample(name, "", answers, {}) for name, answers in (ANSWERS | {"killer": killer}).items()],
    )
    runs = {run.student: run for run in autograde(course, "toy", submitted(course, "toy"), cell_timeout=5)}
    failures = {name: run.failure for name, run in runs.items() if run.failure}
    return course, {result.student: result for result in collect(Assignment(course, "toy"), failures)}


def test_each_submission_gets_its_points_and_none_stops_another(graded):
    _, results = graded
    assert {name: results[name].total for name in EXPECTED} == EXPECTED
    assert all(not results[name].failure for name in EXPECTED)


def test_a_killed_kernel_is_recorded_with_its_reason(graded):
    _, results = graded
    assert results["killer"].total == 0
    assert "Kernel died" in results["killer"].failure


def test_results_say_why_in_the_tests_words(graded):
    _, results = graded
    assert results["square"].scores["test_double"].error == "Try other numbers."
    assert results["loop"].scores["test_mean"].error == "time: the cell ran too long"
    assert "is not written yet" in results["empty"].scores["test_double"].error
    assert results["noisy"].scores["test_double"].error == ""


def test_written_answers_wait_for_a_person_unless_untouched(graded):
    _, results = graded
    assert results["right"].scores["question_why"].to_read
    assert not results["empty"].scores["question_why"].to_read


def test_pictures_of_the_students_are_found(graded):
    _, results = graded
    assert [cell for cell, _ in results["right"].pictures] == ["picture"]
    assert results["square"].pictures != results["right"].pictures


def test_trial_and_nbgrader_agree(graded, master):
    _, results = graded
    for name, answers in ANSWERS.items():
        outcomes = trial(master, dict.fromkeys(notebook.answers(master), "") | answers, time_limit=1)
        for test, outcome in outcomes.items():
            assert outcome.points == results[name].scores[test].points, (name, test)


def test_grades_are_exported_by_nbgrader(graded, nbgrader, tmp_path):
    course, _ = graded
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    export_csv(course, ours)
    nbgrader(course, "export", "--to", str(theirs))
    assert ours.read_text() == theirs.read_text()
    with ours.open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == EXPECTED | {"killer": 0}


def test_the_commands_of_nbgrader_work_one_after_the_other(course, nbgrader):
    nbgrader(course, "generate_assignment", "toy")
    write(Assignment(course, "toy"), [Sample("ada", "", ANSWERS["square"], {})])
    nbgrader(course, "autograde", "toy")
    nbgrader(course, "generate_feedback", "toy")
    (result,) = collect(Assignment(course, "toy"))
    assert result.total == EXPECTED["square"]
    feedback = (course.step("feedback", "ada", "toy") / "toy.html").read_text()
    assert "Try other numbers." in feedback
    assert "Score: 1.0 / 5.0" in " ".join(feedback.split())


def test_validate_tells_a_student_which_test_fails(course, nbgrader, tmp_path):
    release(course)
    released = notebook.read(course.released("toy"))
    next(cell for cell in released.cells if cell.id == "question_why").source = "Because."
    notebook.write(notebook.with_answers(released, RIGHT), tmp_path / "right.ipynb")
    wrong = RIGHT | {"mean": "def mean(values):\n    return 0"}
    notebook.write(notebook.with_answers(released, wrong), tmp_path / "wrong.ipynb")
    assert "Success! Your notebook passes all the tests." in nbgrader(course, "validate", str(tmp_path / "right.ipynb"))
    said = nbgrader(course, "validate", str(tmp_path / "wrong.ipynb"))
    assert "VALIDATION FAILED ON 1 CELL" in said
    assert "The mean of 1 and 3 is 2." in said


@pytest.fixture
def server(graded, environment, tmp_path):
    """The address of a Jupyter server on the graded course, with formgrader, and its token."""
    course, _ = graded
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "server.log"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=sesame"]
    options += [f"--ServerApp.root_dir={course.root}", "--ServerApp.port_retries=0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "server", *options],
            cwd=CLONE,  # where nbgrader_config.py is
            env=environment(course),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                ask(f"{address}/api/status")
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def ask(url: str) -> str:
    """Fetch a page with the token."""
    request = urllib.request.Request(url, headers={"Authorization": "token sesame"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def test_formgrader_shows_the_submissions_and_their_scores(server):
    assert "nbgrader formgrade" in ask(f"{server}/formgrader/manage_assignments")
    submissions = json.loads(ask(f"{server}/formgrader/api/submissions/toy"))
    assert {entry["student"]: entry["score"] for entry in submissions if entry["autograded"]} == EXPECTED
    notebooks = json.loads(ask(f"{server}/formgrader/api/submitted_notebooks/toy/toy"))
    (square,) = [entry["id"] for entry in notebooks if entry["student"] == "square"]
    page = ask(f"{server}/formgrader/submissions/{square}/")
    assert "Try other numbers." in page
    grades = json.loads(ask(f"{server}/formgrader/api/grades?submission_id={square}"))
    assert {grade["name"]: grade["auto_score"] for grade in grades} == {
        "test_double": 0,
        "test_mean": 1,
        "question_why": None,
    }
