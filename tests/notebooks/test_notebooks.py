"""Does every notebook run, solved and untouched, and is it written as we promise?"""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.validator import Validator

from grading.config import Course
from grading.masters import notebook
from grading.masters.nbgrader_steps import nbgrader_config

COURSE = Course.from_environment()
NAMES = COURSE.names()
MAX_WORDS = 145  # between two code cells; "about 120" with room for headings and symbols


def executed(nb, folder):
    """The notebook after a run from top to bottom in a kernel of its own, errors recorded as outputs."""
    client = NotebookClient(nb, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def errors(nb):
    return [
        (cell.id, output) for cell in nb.cells for output in cell.get("outputs", []) if output.output_type == "error"
    ]


class RecordingValidator(Validator):
    """nbgrader's own `validate`, which keeps the notebook that it ran."""

    executed = None

    def _preprocess(self, nb):
        self.executed = super()._preprocess(nb)
        return self.executed


@pytest.mark.parametrize("name", NAMES)
def test_a_solved_notebook_validates_runs_and_draws(name, tmp_path):
    solved = notebook.with_answers(
        notebook.read(COURSE.released(name)), notebook.answers(notebook.read(COURSE.master(name)))
    )
    for cell in solved.cells:
        if notebook.is_manual(cell):
            cell.source = "An answer in a few sentences."
    notebook.write(solved, tmp_path / f"{name}.ipynb")
    validator = RecordingValidator(
        config=nbgrader_config(Course(COURSE.solutions, COURSE.assignments, tmp_path), cell_timeout=240)
    )
    assert validator.validate(str(tmp_path / f"{name}.ipynb")) == {}  # nothing failed, no test cell changed
    nb = validator.executed
    assert [(where, error.ename, error.evalue) for where, error in errors(nb)] == []
    assert len(list(notebook.pictures(nb))) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_notebook_explains_itself(name, tmp_path):
    nb = executed(notebook.read(COURSE.released(name)), tmp_path)
    found = errors(nb)
    tests = {cell.id for cell in nb.cells if notebook.is_test(cell)}
    assert {where for where, _ in found} >= tests
    for where, error in found:
        assert error.ename == "NotImplementedError", (where, error.ename, error.evalue)
        assert len("\n".join(error.traceback).splitlines()) <= 6, where  # one sentence, no wall of frames


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["master", "released"])
def test_notebooks_are_committed_clean(name, kind):
    nb = notebook.read(getattr(COURSE, kind)(name))
    nbformat.validate(nb)
    assert nb.metadata.kernelspec.name == "python3"
    for cell in nb.cells:
        assert re.fullmatch(r"[a-z][a-zA-Z0-9_-]*", cell.id), f"cell id {cell.id!r} is no readable name"
        assert notebook.grade_id(cell) in ("", cell.id)
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_worth_100_points_and_asks_one_question(name):
    nb = notebook.read(COURSE.master(name))
    assert sum(notebook.tests(nb).values()) + sum(notebook.manual(nb).values()) == 100
    assert len(notebook.manual(nb)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_has_a_docstring_and_a_test_with_hidden_inputs(name):
    nb = notebook.read(COURSE.master(name))
    functions = list(notebook.answers(nb))
    hidden = {
        notebook.tested_function(notebook.grade_id(cell), functions)
        for cell in nb.cells
        if notebook.is_test(cell) and "### BEGIN HIDDEN TESTS" in cell.source
    }
    assert hidden == set(functions)
    for source in notebook.answers(nb).values():
        assert '"""' in source


@pytest.mark.parametrize("name", NAMES)
def test_the_text_between_two_code_cells_is_short(name):
    words, longest = 0, 0
    for cell in notebook.read(COURSE.released(name)).cells:
        if cell.cell_type == "code":
            words = 0
        else:
            prose = re.sub(r"\$\$.*?\$\$", " ", cell.source, flags=re.DOTALL)  # a displayed formula is no prose
            prose = re.sub(r"\$[^$]*\$", "x", prose)  # and one in the text is a word
            words += len(prose.split())
        longest = max(longest, words)
    assert longest <= MAX_WORDS
