"""Does a course that has nothing of ours in it go through the commands?"""

import zipfile

import nbformat
import pytest
from typer.testing import CliRunner

from grading.cli import app
from grading.commands.course import empty_course
from grading.config import CLONE, CourseError
from grading.masters import notebook


def run(*arguments, solutions=None):
    """Run `cs182-grade`: exit code and output with its whitespace folded."""
    variables = {"CS182_SOLUTIONS": str(solutions) if solutions else None, "CS182_COURSE": None}
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def test_an_empty_course_has_its_folders_and_nothing_of_ours(tmp_path):
    code, said = run("init", "--empty", tmp_path / "my course")
    assert code == 0, said
    files = {str(path.relative_to(tmp_path / "my course")) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {f"grading/course/{name}" for name in ("secret", "late.toml", "gradebook.db")}
    assert (tmp_path / "my course" / "solutions").is_dir()
    assert "no assignment yet" in said
    for name, path in (("SOLUTIONS", "solutions"), ("ASSIGNMENTS", "assignments"), ("COURSE", "grading/course")):
        assert f"export CS182_{name}='{tmp_path}/my course/{path}'" in said


def test_the_folder_stays_as_it_is_when_the_command_is_given_again(tmp_path):
    folder = tmp_path / "course"
    run("init", "--empty", folder)
    secret = (folder / "grading" / "course" / "secret").read_bytes()
    (folder / "grading" / "course" / "late.toml").write_text("grace_minutes = 5\n")
    assert run("init", "--empty", folder)[0] == 0
    assert (folder / "grading" / "course" / "secret").read_bytes() == secret
    assert (folder / "grading" / "course" / "late.toml").read_text() == "grace_minutes = 5\n"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    code, said = run("init", "--empty", tmp_path)
    assert code == 2
    assert "holds something else than a course" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(CourseError, match="is a file"):
        empty_course(tmp_path / "thesis.tex")


def test_it_leaves_this_clone_alone_whatever_the_environment_says(tmp_path):
    code, said = run("init", "--empty", tmp_path / "course", solutions=CLONE / "solutions")
    assert code == 0
    assert str(CLONE / "solutions") not in said


def test_any_number_of_assignments_is_released_collected_graded_and_reported(tmp_path, master):
    folder = tmp_path / "course"
    solutions = folder / "solutions"
    run("init", "--empty", folder)
    for name in ("first", "second"):
        (solutions / name).mkdir()
        nbformat.write(master, solutions / name / f"{name}.ipynb")
    assert run("release", solutions=solutions)[0] == 0
    assert {path.name for path in (folder / "assignments").rglob("*.ipynb")} == {"first.ipynb", "second.ipynb"}
    right = {"double": "def double(x):\n    return 2 * x", "mean": "def mean(values):\n    return 0"}
    released = notebook.read(folder / "assignments" / "second" / "second.ipynb")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("second_ada.ipynb", nbformat.writes(notebook.with_answers(released, right)))
    assert run("collect", "second", tmp_path / "all.zip", solutions=solutions)[0] == 0
    code, said = run("autograde", "second", "--jobs", "1", solutions=solutions)
    assert code == 0, said
    assert "1 submissions: 1 graded" in said
    assert run("feedback", "second", solutions=solutions)[0] == 0
    page = next((folder / "grading" / "course" / "feedback").rglob("feedback.html")).read_text()
    assert "The mean of 1 and 3 is 2." in page
    grades = tmp_path / "grades.csv"
    assert run("export", "--to", grades, solutions=solutions)[0] == 0
    assert ",ada," in grades.read_text()


def test_a_module_beside_the_master_is_seen_and_one_that_is_not_there_is_one_sentence(tmp_path, master):
    folder = tmp_path / "course"
    solutions = folder / "solutions"
    run("init", "--empty", folder)
    (solutions / "first").mkdir()
    master.cells[1].source += "\nimport beside"
    nbformat.write(master, solutions / "first" / "first.ipynb")
    (solutions / "first" / "beside.py").write_text("x = 1\n")
    run("release", solutions=solutions)
    (tmp_path / "in").mkdir()
    (folder / "assignments" / "first" / "first.ipynb").rename(tmp_path / "in" / "first_ada.ipynb")
    assert run("collect", "first", tmp_path / "in", solutions=solutions)[0] == 0
    assert run("autograde", "first", "--jobs", "1", solutions=solutions)[0] == 0
    (solutions / "first" / "beside.py").unlink()
    code, said = run("autograde", "first", "--jobs", "1", solutions=solutions)
    assert code == 2
    assert "error: The setup cell imports of the master failed: ModuleNotFoundError: No module named 'beside'" in said
    assert "Traceback" not in said
