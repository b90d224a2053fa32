"""A small course, so that the grader's tests start kernels that import no torch."""

import os
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from stock_command import NBGRADER

from grading.config import CLONE, Course

DOUBLE = '''def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION the number added to itself
    return x + x
    ### END SOLUTION'''
MEAN = '''def mean(values):
    """Return the mean of some numbers."""
    ### BEGIN SOLUTION
    return sum(values) / len(values)
    ### END SOLUTION'''
TEST_DOUBLE = """assert double(2) == 4, "Twice 2 is 4."
### BEGIN HIDDEN TESTS
number = random.randint(5, 1000)
assert double(number) == 2 * number, "Try other numbers."
### END HIDDEN TESTS"""
TEST_MEAN = """assert mean([1, 3]) == 2, "The mean of 1 and 3 is 2."
### BEGIN HIDDEN TESTS
assert mean([1, 2, 6]) == 3, "Try three numbers."
### END HIDDEN TESTS"""
PICTURE = """import matplotlib.pyplot as plt
plt.plot([double(x) for x in range(4)]);"""
MISCONCEPTIONS = '''"""Wrong versions of the toy functions."""

import math


def double__square(x):
    """You multiply x by itself: add it to itself instead."""
    return x**2  # right for 2 alone


def double__untouched(x):
    """You return x as it came: return twice x."""
    return x


def mean__of_two(values):
    """You divide by two: divide by the number of values."""
    return math.fsum(values) / 2
'''


def cell(kind, grade_id, source, *, points=None, solution=False, manual=False):
    """An nbgrader cell whose id is its grade_id."""
    about = {"grade_id": grade_id, "schema_version": 3, "solution": solution, "task": False}
    about |= {"grade": points is not None, "locked": not solution}
    if points is not None:
        about["points"] = points
    return kind(source, id=grade_id, metadata={"nbgrader": about})


def toy_master():
    """A master with two functions, three points by test, and two by hand."""
    return new_notebook(
        cells=[
            new_markdown_cell("# A toy assignment", id="title"),
            new_code_cell("import math\nimport random", id="imports", metadata={"tags": ["setup"]}),
            cell(new_code_cell, "double", DOUBLE, solution=True),
            cell(new_code_cell, "test_double", TEST_DOUBLE, points=2),
            new_code_cell(PICTURE, id="picture"),
            cell(new_code_cell, "mean", MEAN, solution=True),
            cell(new_code_cell, "test_mean", TEST_MEAN, points=1),
            cell(new_markdown_cell, "question_why", "Because.", points=2, solution=True),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def make_course(root: Path, master=None) -> Course:
    """Write the toy assignment below `root` and return its course."""
    folder = root / "solutions" / "toy"
    folder.mkdir(parents=True)
    nbformat.write(master or toy_master(), folder / "toy.ipynb")
    (folder / "misconceptions.py").write_text(MISCONCEPTIONS)
    return Course(root / "solutions", root / "assignments", root / "work")


@pytest.fixture
def master():
    return toy_master()


@pytest.fixture(scope="session")
def build_course():
    """The function that writes a course: `build_course(folder, master)`."""
    return make_course


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


@pytest.fixture
def environment():
    """The variables that point the real configuration at a course: `environment(course)`."""

    def variables(course: Course) -> dict[str, str]:
        folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
        return os.environ | {f"CS182_{key}": str(path) for key, path in folders.items()}

    return variables


@pytest.fixture
def nbgrader(environment):
    """Run the real `nbgrader` command with the real configuration on a course: `nbgrader(course, "autograde", ...)`."""

    def run(course: Course, *arguments: str) -> str:
        command = [*NBGRADER, *arguments]
        done = subprocess.run(command, cwd=CLONE, env=environment(course), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run
