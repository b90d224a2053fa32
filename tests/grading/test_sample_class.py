import pytest

from grading import notebook
from grading.release import release
from grading.sample_class import sample_class, write
from grading.solutions import misconceptions
from grading.trial import trial


@pytest.fixture
def samples(course):
    return sample_class(course, "toy")


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
    ):
        assert whats.count(kind) == 1, kind
    assert [sample.what for sample in samples if sample.lost] == ["mean kills its process"]


def test_expected_points_agree_with_a_trial(samples, master):
    # The trial runs the tests; the expectation is known from how the sample was made.
    for sample in samples:
        unwritten = dict.fromkeys(notebook.answers(master), "")
        outcomes = trial(master, unwritten | dict(sample.answers), time_limit=1)
        got = {test: outcome.points for test, outcome in outcomes.items()}
        if sample.lost:  # a trial keeps what came before the process died; stock nbgrader does not
            assert any("stopped" in outcome.error for outcome in outcomes.values())
        else:
            assert got == sample.expected, sample


def test_misconceptions_take_turns_among_functions(samples):
    singles = [sample.what for sample in samples if ": " in sample.what]
    assert singles == ["double: square", "mean: of two", "double: untouched"]


def test_a_function_with_several_tests_is_left_out_of_the_single_mistakes(tmp_path, master, build_course):
    second = next(cell for cell in master.cells if cell.id == "test_double").copy()
    second.id, second.metadata = "test_double_again", {"nbgrader": dict(second.metadata.nbgrader)}
    second.metadata["nbgrader"]["grade_id"] = "test_double_again"
    master.cells.append(second)
    course = build_course(tmp_path / "several", master)
    assert any(entry.function == "double" for entry in misconceptions("toy", course=course))
    assert not any("double:" in sample.what for sample in sample_class(course, "toy"))


def test_submissions_are_the_released_notebook_with_answers(course, samples):
    release(course)
    write(course, "toy", samples)
    released = notebook.read(course.released("toy"))
    for sample in samples:
        nb = notebook.read(course.step("submitted", sample.student, "toy") / "toy.ipynb")
        assert "HIDDEN" not in str(nb)
        assert [cell.id for cell in nb.cells] == [cell.id for cell in released.cells]
        changed = {cell.id for cell, old in zip(nb.cells, released.cells, strict=True) if cell.source != old.source}
        assert changed == {*sample.answers, "question_why"} if sample.answers else changed == set()
