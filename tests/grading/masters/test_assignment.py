"""An assignment is read once: the value that is handed on, and what a whole run of the grader asks the disk for."""

from collections import Counter

import nbformat
import pytest

from grading.config import CourseError
from grading.demo.sample_class import Sample, write
from grading.gradebook.write import writer
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.notebook import NotebookError
from grading.masters.release import generate
from grading.reports.class_report import write_class_report
from grading.reports.student_page import write_feedback
from grading.run.grade import How, outlook
from grading.verdicts.store import Store
from grading.verdicts.verdict import Item, ItemState, State, Verdict


@pytest.fixture
def reads(monkeypatch):
    """How often each notebook was opened, by path."""
    counts: Counter[str] = Counter()
    read = notebook.read

    def counting(path):
        counts[str(path)] += 1
        return read(path)

    monkeypatch.setattr(notebook, "read", counting)
    return counts


def test_it_says_what_the_master_asks_and_what_that_is_worth(course):
    toy = Assignment(course, "toy")
    assert list(toy.answers) == ["double", "mean"]
    assert toy.tests == {"test_double": 2, "test_mean": 1}
    assert toy.questions == {"question_why": 2}
    assert toy.functions == {"test_double": "double", "test_mean": "mean"}
    assert [entry.name for entry in toy.misconceptions] == ["square", "untouched", "of_two"]
    assert [(test.grade_id, test.points, test.function) for test in toy.bundle.tests] == [
        ("test_double", 2, "double"),
        ("test_mean", 1, "mean"),
    ]


def test_what_was_not_released_yet_is_made_from_the_master_and_left_out_of_the_folder(course):
    toy = Assignment(course, "toy")
    assert "NotImplementedError" in notebook.answers(toy.released)["double"]
    assert "HIDDEN" not in str(toy.released)
    assert not course.assignments.exists()


def test_an_unknown_name_and_a_master_without_its_function_are_refused_at_the_door(course):
    with pytest.raises(CourseError, match="There is no assignment 'nonsense'"):
        Assignment(course, "nonsense")
    master = notebook.read(course.master("toy"))
    next(cell for cell in master.cells if notebook.is_answer(cell)).source = "x = 1"
    nbformat.write(master, course.master("toy"))
    with pytest.raises(NotebookError, match="'double' defines no function"):
        Assignment(course, "toy")


def test_looking_up_entering_and_reporting_read_the_master_and_the_released_notebook_once(course, reads):
    generate(course, "toy")
    reads.clear()
    toy = Assignment(course, "toy")
    write(toy, [Sample("ada", "", toy.answers, {})])
    assert outlook(toy, None, How()).to_examine == 1
    items = tuple(Item(test, worth, worth, ItemState.FULL) for test, worth in toy.tests.items())
    verdict = Verdict("ada", "toy", State.GRADED, items)
    Store(course.work).put_verdict(verdict)
    with writer(toy) as gradebook:
        gradebook.write(verdict)
    write_feedback(toy, [verdict])
    write_class_report(toy)
    assert reads[str(course.master("toy"))] == 1
    assert reads[str(course.released("toy"))] == 1
