import dataclasses
import json

import nbformat
import pytest

from grading.config import Course, CourseError
from grading.masters import notebook
from grading.masters.nbgrader_steps import nbgrader_config
from grading.masters.release import release
from grading.masters.stub import stub_lines


@pytest.fixture
def released(course):
    release(course)
    return course


def test_release_holds_no_answers_tests_or_outputs(released):
    files = {path.name for path in released.assignments.rglob("*") if path.is_file()}
    assert files == {"toy.ipynb"}  # above all: no misconceptions.py
    text = released.released("toy").read_text()
    for secret in ("x + x", "sum(values)", "HIDDEN", "Try other numbers", "Because.", "BEGIN SOLUTION"):
        assert secret not in text, secret
    nb = notebook.read(released.released("toy"))
    assert nb.metadata.kernelspec.name == "python3"
    assert all(not cell.outputs and cell.execution_count is None for cell in nb.cells if cell.cell_type == "code")


def test_stub_names_its_function(released):
    answers = notebook.answers(notebook.read(released.released("toy")))
    stub = '    raise NotImplementedError("double is not written yet: the number added to itself")'
    assert answers["double"].splitlines()[-1] == stub
    assert 'raise NotImplementedError("mean is not written yet: write its body here")' in answers["mean"]
    namespace = {}
    exec(answers["double"], namespace)
    with pytest.raises(NotImplementedError, match="double is not written yet"):
        namespace["double"](1)


def test_stub_quotes_and_nested_functions():
    source = (
        'def outer(x):\n    def inner(y):\n        ### BEGIN SOLUTION: say "so"\n        return y\n    return inner'
    )
    assert stub_lines(source) == ['raise NotImplementedError("inner is not written yet: say \\"so\\"")']
    assert stub_lines("### BEGIN SOLUTION\nx = 1") == [""]


def test_releasing_twice_changes_nothing_and_keeps_ids(released, master):
    before = released.released("toy").read_bytes()
    assert release(released, check=True) == []
    assert release(released) == []
    assert released.released("toy").read_bytes() == before
    ids = [cell.id for cell in notebook.read(released.released("toy")).cells]
    assert ids == [cell.id for cell in master.cells]


def test_noise_in_the_master_does_not_reach_the_release(released):
    master = notebook.read(released.master("toy"))
    master.metadata.language_info = {"name": "python", "version": "3.99"}
    master.metadata.kernelspec.display_name = "My own kernel"
    picture = next(cell for cell in master.cells if cell.id == "picture")
    picture.execution_count = 7
    picture.metadata = {"execution": {"iopub.status.busy": "2020"}, "collapsed": True}
    picture.outputs = [nbformat.v4.new_output("stream", text="secret")]
    notebook.write(master, released.master("toy"))
    assert release(released, check=True) == []


def test_check_sees_changed_missing_and_left_over_files(released):
    path = released.released("toy")
    path.write_text(path.read_text().replace("A toy assignment", "Edited by hand"))
    left_over = path.with_name("old.txt")
    left_over.write_text("from an earlier release")
    assert release(released, check=True) == [left_over, path]
    assert left_over.exists()
    assert release(released) == [left_over, path]
    assert not left_over.exists()
    assert "A toy assignment" in path.read_text()


def test_nbgraders_own_command_writes_the_same_bytes(released, nbgrader):
    before = released.released("toy").read_bytes()
    nbgrader(released, "generate_assignment", "toy", "--force")
    assert released.released("toy").read_bytes() == before
    assert (released.work / "gradebook.db").exists()


def rename(nb):
    nb.cells[2].source = nb.cells[2].source.replace("def double", "def twice")


def no_end(nb):
    nb.cells[2].source = nb.cells[2].source.replace("    ### END SOLUTION", "")


def stray_test(nb):
    nb.cells[3].metadata.nbgrader["grade_id"] = "test_nothing"


def same_id(nb):
    nb.cells[6].metadata.nbgrader["grade_id"] = "test_double"


def not_python(nb):
    nb.cells[2].source = nb.cells[2].source.replace("return", "retrun +* ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rename, "must be the name"),
        (no_end, "no end solution"),
        (stray_test, "names no function"),
        (same_id, "(?i)duplicate"),
        (not_python, "not valid Python"),
    ],
)
def test_broken_master_says_what_is_wrong(tmp_path, master, build_course, change, message):
    change(master)
    with pytest.raises((CourseError, notebook.NotebookError), match=message):
        release(build_course(tmp_path, master))


def test_cells_without_ids_are_refused(course):
    path = course.master("toy")
    raw = json.loads(path.read_text())
    del raw["cells"][1]["id"]
    path.write_text(json.dumps(raw))
    with pytest.raises(notebook.NotebookError, match="cell 2 has no id"):
        release(course)


def test_unknown_assignment_and_missing_folder(course, tmp_path):
    with pytest.raises(CourseError, match=r"no assignment 'tou'.*Known: toy"):
        release(course, ["tou"])
    nowhere = Course.from_environment({"CS182_SOLUTIONS": str(tmp_path / "nowhere")})
    with pytest.raises(CourseError, match="set CS182_SOLUTIONS"):
        release(nowhere)


def test_folder_that_nbgrader_cannot_handle_is_refused(course, tmp_path):
    with pytest.raises(CourseError, match="Choose another folder"):
        nbgrader_config(dataclasses.replace(course, work=tmp_path / "a*b"))
