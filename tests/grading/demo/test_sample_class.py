import pytest

from grading.demo.sample_class import sample_class, write
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import release
from grading.masters.solutions import misconceptions
from grading.masters.trial import trial


@pytest.fixture
def samples(course):
    return sample_class(Assignment(course, "toy"))


def test_class_has_every_kind_once(samples):
    assert len({sample.student for sample in samples}) == len(samples) >= 12
    whats = " | ".join(sample.what for sample in samples)
    for kind in (
        "everything right",
        "warnings",
        "for ever",
        "crashes",
        "syntax error",
        "sys.exit",
        "template",
        "kills",
        "equal to everything",
        "patched",
        "muted",
        "reads the solution",
        "leaves processes",
        "every test says yes",
        "ends in the middle",
    ):
        assert whats.count(kind) == 1, kind
    assert sum(sample.walls for sample in samples) == 2


def test_expected_points_agree_with_a_trial(samples, master):
    # The trial runs the tests in the answers' own process; the expectation is known from how the sample was made.
    for sample in samples:
        if sample.alone:
            continue
        outcomes = trial(master, dict.fromkeys(notebook.answers(master), "") | dict(sample.answers), time_limit=1)
        assert {test: outcome.points for test, outcome in outcomes.items()} == sample.expected, sample


def test_a_grader_in_the_answers_own_process_is_fooled(samples, master, course):
    """Why the attacks are there: a trial gives points for nothing, where nothing is expected."""
    fooled = set()
    for sample in samples:
        if sample.walls or "equal to everything" not in sample.what:
            continue
        outcomes = trial(master, dict(sample.answers), time_limit=1)
        fooled |= {sample.what for test, outcome in outcomes.items() if outcome.points > sample.expected[test]}
    assert fooled == {"double: equal to everything"}


def test_misconceptions_take_turns_among_functions(samples):
    singles = [sample.what for sample in samples if ": " in sample.what and not sample.alone]
    assert singles == ["double: square", "mean: of two", "double: untouched"]


def test_a_function_with_several_tests_is_left_out_of_the_single_mistakes(tmp_path, master, build_course):
    second = next(cell for cell in master.cells if cell.id == "test_double").copy()
    second.id, second.metadata = "test_double_again", {"nbgrader": dict(second.metadata.nbgrader)}
    second.metadata["nbgrader"]["grade_id"] = "test_double_again"
    master.cells.append(second)
    course = build_course(tmp_path / "several", master)
    assert any(entry.function == "double" for entry in misconceptions("toy", course=course))
    assert not any("double:" in sample.what for sample in sample_class(Assignment(course, "toy")) if not sample.alone)


def test_submissions_are_the_released_notebook_with_answers(course, samples):
    release(course)
    write(Assignment(course, "toy"), samples)
    released = notebook.read(course.released("toy"))
    for sample in samples:
        if sample.cut:
            continue
        nb = notebook.read(course.step("submitted", sample.student, "toy") / "toy.ipynb")
        assert "HIDDEN" not in str(nb)
        assert [cell.id for cell in nb.cells] == [cell.id for cell in released.cells]
        changed = {cell.id for cell, old in zip(nb.cells, released.cells, strict=True) if cell.source != old.source}
        written = {"question_why"} if sample.answers else set()
        assert changed == set(sample.answers) | written | set(sample.tests)


def test_a_file_that_ends_in_the_middle_is_no_notebook(course, samples):
    release(course)
    (cut,) = [sample for sample in samples if sample.cut]
    write(Assignment(course, "toy"), [cut])
    with pytest.raises(notebook.NotebookError):
        notebook.read(course.step("submitted", cut.student, "toy") / "toy.ipynb")
