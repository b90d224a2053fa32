import dataclasses
import re

import pytest
from typer.testing import CliRunner

from grading.cli import app
from grading.config import Course
from grading.demo import demonstration
from grading.demo.sample_class import sample_class
from grading.masters.release import release


@pytest.fixture
def run(course, environment, tmp_path):
    """Run `cs182-grade` on the small course."""
    variables = {key: value for key, value in environment(course).items() if key.startswith("CS182_")}
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env=variables)


def test_the_committed_assignments_are_in_step_with_their_masters():
    changed = release(Course.from_environment({}), check=True)
    assert changed == [], "run `make release` and commit assignments/"


def test_release_check_writes_nothing_and_exits_1_until_released(run, course):
    assert run("release", "--check").exit_code == 1
    assert not course.assignments.exists()
    assert run("release").exit_code == 0
    again = run("release", "--check")
    assert again.exit_code == 0
    assert "in step" in again.output


def test_errors_are_one_sentence_without_a_traceback(run):
    result = run("release", "nonsense")
    assert result.exit_code == 2
    assert "error: There is no assignment 'nonsense'" in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.fixture
def three_samples(monkeypatch):
    """Let the demonstration grade only: all right, one mistake, untouched. Returns how to spoil an expectation."""
    spoiled: dict[str, dict[str, float]] = {}

    def few(assignment):
        samples = [sample for sample in sample_class(assignment) if re.search("every|square|untou", sample.what)][:3]
        return [dataclasses.replace(sample, expected=spoiled.get(sample.what, sample.expected)) for sample in samples]

    monkeypatch.setattr(demonstration, "sample_class", few)
    return spoiled


def test_demo_grades_reports_and_succeeds_when_all_points_are_as_expected(run, course, three_samples, tmp_path):
    result = run("demo", "--course", str(tmp_path / "demo"))
    assert result.exit_code == 0, result.output
    assert "All 3 submissions got exactly the points that they should." in result.output
    for written in ("report.html", "grades.csv", "feedback/student01/toy/toy.html"):
        assert (tmp_path / "demo" / written).stat().st_size > 0, written
    assert not course.assignments.exists()  # the demonstration releases into its own folder


def test_demo_fails_when_a_number_is_not_as_expected(run, three_samples, tmp_path):
    three_samples["everything right"] = {"test_double": 2, "test_mean": 0.5}
    result = run("demo", "--course", str(tmp_path / "demo"))
    assert result.exit_code == 1
    assert "Not as expected: student01" in result.output


def test_demo_does_not_empty_a_folder_that_is_not_its_own(run, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.tex").write_text("years of work")
    result = run("demo", "--course", str(precious))
    assert result.exit_code == 2
    assert "choose a new folder" in " ".join(result.output.split())
    assert (precious / "thesis.tex").exists()
