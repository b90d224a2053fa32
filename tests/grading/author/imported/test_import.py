"""What of other graders' assignments comes over, is what came over gradable, and is the rest said?"""

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from grading.author.imported import bring
from grading.author.imported.otter import _shared, _with_marks
from grading.author.imported.parts import Notes
from grading.cli import app
from grading.config import Course, CourseError
from grading.masters import beside, notebook
from grading.masters.assignment import Assignment
from grading.masters.trial import trial

_SPEC = importlib.util.spec_from_file_location("courses_of_others", Path(__file__).with_name("courses.py"))
courses = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(courses)


@pytest.fixture
def course(tmp_path):
    (tmp_path / "solutions").mkdir()
    return Course(tmp_path / "solutions", tmp_path / "assignments", tmp_path / "work")


def write(nb, path, **files):
    """Write a notebook and files beside it, as they lie in the other course."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
    for name, text in files.items():
        place = path.parent / name.replace("__", "/").replace("_dot_", ".")
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)


@pytest.fixture
def source(tmp_path):
    """An nbgrader course with two assignments."""
    root = tmp_path / "old"
    helper = "def read_numbers(path):\n    return [float(line) for line in open(path)]\n"
    write(courses.problem_set(), root / "source" / "ps1" / "problem 1.ipynb", helpers_dot_py=helper, photo_dot_tiff="")
    write(courses.script_course(), root / "source" / "Week 2" / "week2.ipynb")
    return root


def passed(course, name):
    """The tests that the master passes by itself."""
    nb = notebook.read(course.master(name))
    files = beside.read(course.master(name))
    return {test: outcome.passed for test, outcome in trial(nb, files=files).items()}


def test_an_nbgrader_problem_set_comes_over_whole(course, source):
    one = bring(course, source / "source" / "ps1")[0]
    assert (one.name, one.came_as) == ("ps1", "nbgrader")
    nb = notebook.read(course.master("ps1"))
    assert notebook.tests(nb) == {"test_squares": 2, "test_squares_2": 1, "test_sum_of_squares": 0.5}
    assert list(notebook.answers(nb)) == ["squares", "sum_of_squares"]
    assert notebook.manual(nb) == {"why": 3, "drawing": 2}
    assert [cell.source for cell in nb.cells if notebook.is_setup(cell)] == [
        "import numpy as np\nfrom helpers import read_numbers",
        "LIMIT = 3",
    ]
    assert passed(course, "ps1") == dict.fromkeys(notebook.tests(nb), True)
    said = " ".join(one.notes.look)
    assert "correct_squares has 2 asserts without a sentence" in said
    assert "Left out, since no Python: %matplotlib inline" in said
    assert "sum_of_squares had no marks" in said
    assert "photo.tiff does not reach the sandbox" in said


def test_what_came_over_is_released_without_its_solutions(course, source):
    bring(course, source / "source" / "ps1")
    text = json.dumps(Assignment(course, "ps1").released)
    for secret in ("range(1, n + 1)", "sum(squares(n))", "Because it grows", "randint"):
        assert secret not in text, secret
    assert "sum_of_squares is not written yet" in text


def test_what_cannot_be_tested_becomes_a_question_and_is_said(course, source):
    one = bring(course, source / "source" / "Week 2")[0]
    nb = notebook.read(course.master("week_2"))
    assert notebook.tests(nb) == {"test_greet": 2}
    assert notebook.manual(nb) == {"q1": 0, "q1_test": 1, "q3": 4}
    said = " ".join(one.notes.look)
    for words in (
        "q1 defines no function",
        "q1_test (1 points) calls no function of an answer",
        "q2 holds greet, shout, and is called greet",
        "need said, made by a cell that calls greet",
        "q2_test seeds a generator",
        "q2_test goes by what is printed",
        "q3 was code that a person graded",
        "Not installed here, unless it lies beside the notebook: nose",
        "A raw cell was left out",
    ):
        assert words in said, words
    assert "1 + 2" not in json.dumps(Assignment(course, "week_2").released)


def test_an_otter_notebook_comes_over_with_its_points(course, tmp_path):
    files = {"utils_dot_py": "def twice(x):\n    return 2 * x\n", "data__small_dot_csv": "1,2\n", "notes_dot_txt": "no"}
    write(courses.lab(), tmp_path / "lab" / "lab01.ipynb", **files)
    one = bring(course, tmp_path / "lab" / "lab01.ipynb")[0]
    assert (one.name, one.came_as) == ("lab01", "otter")
    nb = notebook.read(course.master("lab01"))
    assert notebook.tests(nb) == {
        "test_square": 1,
        "test_square_2": 0.5,
        "test_square_3": 1,
        "test_circumference": 1,
    }
    assert notebook.manual(nb) == {"q2": 3}
    sources = {notebook.grade_id(cell): cell.source for cell in nb.cells}
    assert sources["test_square"] == "assert square(3) == 9, 'square(3) == 9 should be True.'"
    assert sources["test_square_2"] == "x = 4\nassert repr(square(x)) == '16', 'Try a list.'"
    assert sources["test_square_3"].startswith("### BEGIN HIDDEN TESTS\nassert square(-2) == 4")
    assert "otter" not in json.dumps(nb)
    assert {path.name for path in course.master("lab01").parent.rglob("*.*")} == {
        "lab01.ipynb",
        "utils.py",
        "small.csv",
    }
    assert all(passed(course, "lab01").values())
    text = json.dumps(Assignment(course, "lab01").released)
    assert "x * x" not in text
    assert "twice(3.14)" not in text
    assert "square(-2)" not in text
    said = " ".join(one.notes.look)
    assert "seed: 42" in said
    assert "q3 had a prompt within its solution" in said


def test_a_text_among_otters_tests_is_no_test(course, tmp_path):
    nb = courses.lab()
    place = next(i for i, cell in enumerate(nb.cells) if cell.source.startswith("# BEGIN TESTS"))
    nb.cells.insert(place + 1, courses.new_markdown_cell("Three cases."))
    write(nb, tmp_path / "lab" / "lab01.ipynb", utils_dot_py="def twice(x):\n    return 2 * x\n")
    bring(course, tmp_path / "lab" / "lab01.ipynb")
    points = notebook.tests(notebook.read(course.master("lab01")))
    assert points == {"test_square": 1, "test_square_2": 0.5, "test_square_3": 1, "test_circumference": 1}


def test_two_assignments_that_would_have_one_name_are_refused_before_anything_is_written(course, tmp_path):
    for folder in ("Week 2", "week-2"):
        write(courses.script_course(), tmp_path / "source" / folder / "week.ipynb")
    with pytest.raises(CourseError, match="would both be called week_2"):
        bring(course, tmp_path / "source")
    assert list(course.solutions.iterdir()) == []


def test_marked_lines_become_regions():
    assert _with_marks("a = 1  # SOLUTION\nb = 2\n    c = 3 # SOLUTION\n    d = 4 # SEED", "q", Notes()) == (
        "### BEGIN SOLUTION\na = 1\n### END SOLUTION\nb = 2\n"
        "    ### BEGIN SOLUTION\n    c = 3\n    d = 4\n    ### END SOLUTION"
    )


@pytest.mark.parametrize(
    ("own", "total", "worth"),
    [
        ([None, None], None, [0.5, 0.5]),
        ([1.0, None], None, [1.0, 0.0]),
        ([None, None, 2.0, 2.0], 6.0, [1.0, 1.0, 2.0, 2.0]),
        ([None] * 4, 2.0, [0.5] * 4),
        ([], 3.0, []),
    ],
)
def test_points_are_shared_as_the_documentation_of_otter_says(own, total, worth):
    assert _shared(own, total) == worth


def test_a_whole_source_folder_is_one_command(course, source):
    variables = {"CS182_SOLUTIONS": str(course.solutions), "CS182_COURSE": str(course.work)}
    done = CliRunner().invoke(app, ["import", str(source)], env=variables)
    assert done.exit_code == 0, done.output
    assert {path.name for path in course.solutions.iterdir()} == {"ps1", "week_2"}
    assert "taken over: correct_squares is test_squares, 2 points." in done.output
    assert "to look at: q1 defines no function" in done.output
    again = CliRunner().invoke(app, ["import", str(source)], env=variables)
    assert again.exit_code == 2
    assert "exists already" in " ".join(again.output.split())


def test_what_is_no_assignment_is_refused(course, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="There is no notebook in"):
        bring(course, tmp_path / "empty")
    write(courses.nb(courses.new_code_cell("1")), tmp_path / "plain" / "plain.ipynb")
    with pytest.raises(CourseError, match="none of otter's"):
        bring(course, tmp_path / "plain")
    write(courses.nb(courses.new_raw_cell("# BEGIN QUESTION\nname: [")), tmp_path / "broken" / "broken.ipynb")
    with pytest.raises(CourseError, match="holds no YAML"):
        bring(course, tmp_path / "broken")
