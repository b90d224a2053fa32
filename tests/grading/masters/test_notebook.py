import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grading.masters import notebook


def test_cells_are_known_by_their_metadata(master):
    assert notebook.tests(master) == {"test_double": 2, "test_mean": 1}
    assert notebook.manual(master) == {"question_why": 2}
    assert list(notebook.answers(master)) == ["double", "mean"]
    assert [cell.id for cell in master.cells if notebook.is_setup(cell)] == ["imports"]


def test_with_answers_replaces_a_copy_only(master):
    answered = notebook.with_answers(master, {"double": "def double(x):\n    return 0"})
    assert notebook.answers(answered)["double"].endswith("return 0")
    assert notebook.answers(answered)["mean"] == notebook.answers(master)["mean"]
    assert "x + x" in notebook.answers(master)["double"]
    with pytest.raises(notebook.NotebookError, match=r"no answer cell for triple.*double, mean"):
        notebook.with_answers(master, {"triple": ""})


def test_functions_are_those_at_the_top_level():
    source = "def first():\n    def hidden(): ...\nclass C:\n    def method(self): ...\nasync def second(): ..."
    assert notebook.functions(source) == ["first", "second"]


def test_a_test_belongs_to_the_longest_name_that_fits():
    names = ["tv", "tv_norm"]
    assert notebook.tested_function("test_tv_norm_zero", names) == "tv_norm"
    assert notebook.tested_function("test_tv_shape", names) == "tv"
    with pytest.raises(notebook.NotebookError, match="names no function"):
        notebook.tested_function("test_tvnorm", names)


def test_plain_source_drops_magics_only():
    cell = new_code_cell("%matplotlib inline\nx = 7 % 4\n  !ls\ny = x != 3")
    namespace = {}
    exec(notebook.plain_source(cell), namespace)
    assert (namespace["x"], namespace["y"]) == (3, False)


def test_pictures_come_with_their_cell():
    drawn = new_output("display_data", {"image/png": "AAAA\nBBBB\n", "text/plain": "<Figure>"})
    nb = new_notebook(cells=[new_code_cell("plot()", id="drawing", outputs=[new_output("stream", text="x"), drawn])])
    assert list(notebook.pictures(nb)) == [("drawing", "AAAABBBB")]


def test_read_names_a_file_that_is_no_notebook(tmp_path):
    path = tmp_path / "broken.ipynb"
    path.write_text("{ not json")
    with pytest.raises(notebook.NotebookError, match=r"broken\.ipynb is not a notebook"):
        notebook.read(path)
