"""Does the mirror show each kind of weakness that was put into a small assignment, and nothing in one without?"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from grading.author.mirror import look
from grading.author.page import in_words, write_mirror
from grading.author.skeleton import graded, new
from grading.cli import app
from grading.config import Course, CourseError
from grading.demo.sample_class import Sample, write
from grading.gradebook.read import collect
from grading.gradebook.stock import autograde
from grading.masters.assignment import Assignment
from grading.masters.release import generate

TWICE = '''def twice(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION'''
SHIFT = '''def shift(x, by):
    """Return twice x, moved."""
    ### BEGIN SOLUTION
    x = twice(x)
    x = x + 0 * by + by
    return x
    ### END SOLUTION'''
TEST_TWICE = """assert twice(2.0) == 4.0, "Twice two should be four, whatever you do."
### BEGIN HIDDEN TESTS
x = random.uniform(5, 6)
assert twice(x) == 2 * x, f"Of some number the double should be {2 * x:.4f} here."
### END HIDDEN TESTS"""
TEST_SHIFT = """assert shift(1.0, 0.0) == 2.0
### BEGIN HIDDEN TESTS
assert shift(2.0, 0.0) == 4.0, "Nothing is added where `by` is zero."
### END HIDDEN TESTS"""
MISTAKES = '''"""Wrong versions."""


def twice__square(x):
    """You multiply x by itself: add it to itself instead."""
    return x**2


def shift__not_moved(x, by):
    """You forget to move: add `by` at the end."""
    return twice(x)
'''
RIGHTS = '''"""Right versions."""


def twice__with_a_text(x):
    return 2 * x if x < 5 else "never mind"


def twice__for_small_numbers(x):
    return x * 2 if x != 1 else 3.0


def shift__at_once(x, by):
    return twice(x) + by
'''


@pytest.fixture(scope="module")
def weak(tmp_path_factory):
    """A course with one assignment whose tests are weak in every way that the mirror looks for."""
    root = tmp_path_factory.mktemp("weak")
    folder = root / "solutions" / "weak"
    folder.mkdir(parents=True)
    cells = [
        new_code_cell("import random", id="setup", metadata={"tags": ["setup"]}),
        graded(new_code_cell(TWICE), "twice", solution=True),
        graded(new_code_cell(TEST_TWICE), "test_twice", points=3),
        graded(new_code_cell(SHIFT), "shift", solution=True),
        graded(new_code_cell(TEST_SHIFT), "test_shift", points=2),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "weak.ipynb")
    (folder / "misconceptions.py").write_text(MISTAKES)
    (folder / "right_versions.py").write_text(RIGHTS)
    named = "[[equivalent]]\nfunction = 'shift'\nwas = 'x = x + 0 * by + by'\n"
    alive, dead = "x = x - 0 * by + by", "x = x + 0 * by * by"
    entries = [f"{named}becomes = '{becomes}'\nwhy = 'It adds nothing.'\n" for becomes in (alive, dead)]
    (folder / "equivalent_mutants.toml").write_text("".join(entries))
    return Course(root / "solutions", root / "assignments", root / "work")


@pytest.fixture(scope="module")
def mirror(weak):
    return look(Assignment(weak, "weak"), jobs=1)


def told(mirror, about):
    return " ".join(fault.what for fault in mirror.faults if fault.about == about)


def test_a_mistake_that_no_test_notices_is_named(mirror):
    assert "keeps all of its points" in told(mirror, "shift__not_moved")
    assert told(mirror, "twice__square") == ""


def test_an_error_counts_once_and_what_it_costs_elsewhere_is_said(mirror):
    assert ("twice__square", 3.0 + 2.0, 3.0) in mirror.plain  # shift(1.0, 0.0) is 1.0 with the square


def test_stock_nbgrader_takes_the_points_that_the_mirror_says(weak, mirror):
    """In a kernel of its own, as nbgrader grades."""
    generate(weak, "weak")
    assignment = Assignment(weak, "weak")
    wrong = {entry.name: assignment.answers | {entry.function: entry.source} for entry in assignment.misconceptions}
    write(assignment, [Sample(name, "", answers, {}) for name, answers in wrong.items()])
    assert [run.failure for run in autograde(weak, "weak", ["square", "not_moved"], workers=1)] == ["", ""]
    totals = {result.student: result.total for result in collect(assignment, {})}
    for entry, lost, _ in mirror.plain:
        assert totals[entry.partition("__")[2]] == 3 + 2 - lost, entry


def test_a_right_version_that_loses_is_named_also_where_another_function_loses_by_it(mirror):
    assert "with_a_text" in told(mirror, "test_twice")
    assert "for_small_numbers" in told(mirror, "test_shift")


def test_sentences_that_leak_or_say_nothing_are_named(mirror):
    assert "line 1" in told(mirror, "test_shift")
    assert "says nothing" in told(mirror, "test_shift")
    assert "shows the expected value" in told(mirror, "test_twice")


def test_mutants_that_live_are_listed_with_their_line(mirror):
    lives = {(mutant.function, mutant.line, mutant.becomes) for mutant in mirror.survivors}
    assert ("shift", 5, "x = x + 0 * by - by") in lives  # `by` is zero in every test
    assert ("shift", 5, "pass") in lives
    assert not any(mutant.function == "twice" for mutant in mirror.survivors)
    assert mirror.mutants["twice"].killed == mirror.mutants["twice"].every > 0
    assert mirror.mutants["shift"].killed < mirror.mutants["shift"].every


def test_what_is_named_as_equivalent_counts_as_nothing_else_and_a_stale_entry_is_told(mirror):
    assert [mutant.becomes for mutant, _ in mirror.equivalent] == ["x = x - 0 * by + by"]
    assert "no mutant of that line lives" in told(mirror, "shift")


def test_the_visible_part_alone_is_told_from_the_hidden_one(mirror):
    tally = mirror.mistakes["twice"]
    assert (tally.every, tally.killed, tally.seen) == (1, 1, 0)  # 2 * 2 is 2 + 2


def test_the_page_and_the_words_hold_every_finding(mirror, tmp_path):
    write_mirror(mirror, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    words = "\n".join(in_words(mirror))
    for mutant in mirror.survivors:
        assert f"{mutant.function}, line {mutant.line}" in words
    for fault in mirror.faults:
        assert fault.what in words
    assert page.count("<del>") == len(mirror.survivors) + len(mirror.equivalent)
    assert "It adds nothing." in page
    assert "Known mistakes noticed</dt><dd>1 of 2</dd>" in page


def test_a_master_that_loses_points_is_all_that_is_told(weak, tmp_path):
    course = Course(tmp_path / "solutions", tmp_path / "assignments", tmp_path / "work")
    new(course, "broken")
    path = course.master("broken")
    path.write_text(path.read_text().replace("return x / np.abs(x).max()", "return x / x.max()"))
    mirror = look(Assignment(course, "broken"), jobs=1)
    assert not mirror.passed
    assert "After a restart, the master's own answer loses it" in told(mirror, "test_scale_to_one")
    assert mirror.mutants == {}


@pytest.mark.filterwarnings("ignore:the matrix subclass")  # NumPy advises against it
def test_what_cannot_reach_a_sandbox_is_said_with_the_points_that_it_costs(tmp_path):
    course = Course(tmp_path / "solutions", tmp_path / "assignments", tmp_path / "work")
    new(course, "uncrossed")
    path = course.master("uncrossed")
    path.write_text(path.read_text().replace("return x / np.abs(x).max()", "return np.matrix(x) / np.abs(x).max()"))
    mirror = look(Assignment(course, "uncrossed"), jobs=1)
    assert not mirror.passed
    assert "gets from scale_to_one what cannot cross" in told(mirror, "test_scale_to_one")


def test_a_skeleton_with_every_question_is_whole_and_clean(tmp_path):
    course = Course(tmp_path / "solutions", tmp_path / "assignments", tmp_path / "work")
    new(course, "full", plain=2, written=True)
    assignment = Assignment(course, "full")
    assert assignment.questions == {"question_why": 5.0}
    mirror = look(assignment, jobs=1)
    assert (mirror.faults, mirror.survivors) == ([], [])
    assert set(mirror.seconds) == {"test_scale_to_one", "test_plain_1", "test_plain_2"}
    assert mirror.rights == 3


def test_new_refuses_a_name_that_cannot_be_one_and_a_folder_that_exists(tmp_path):
    course = Course(tmp_path / "solutions", tmp_path / "assignments", tmp_path / "work")
    for name in ("k-means", "class", "_hidden", "../up"):
        with pytest.raises(CourseError, match="letters, digits and underscores"):
            new(course, name)
    new(course, "twice")
    with pytest.raises(CourseError, match="exists already"):
        new(course, "twice")


def test_check_of_what_is_not_there_is_one_sentence(tmp_path):
    (tmp_path / "solutions").mkdir()
    done = CliRunner().invoke(app, ["check", "nothing"], env={"CS182_SOLUTIONS": str(tmp_path / "solutions")})
    assert done.exit_code == 2
    assert "There is no assignment 'nothing'" in " ".join(done.output.split())
