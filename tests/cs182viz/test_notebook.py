"""What a notebook's first line does, seen through a real kernel, nbclient and nbgrader."""

import base64
import random
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade

from cs182viz import notebook

STUB = '''def compute_saliency_maps(X):
    """A map for each picture."""
    raise NotImplementedError("Write the gradient's largest absolute value.")'''
DRIVER = """def drive(function):
    return [function(i) for i in range(3)]"""
CHECK = """def check(value):
    assert value == 4, f"expected 4 and got {value}: is the square root taken?"

check(2)"""
CELLS = {
    "stub": STUB,
    "reached": "compute_saliency_maps(1)",
    "reached_by_a_driver": f"{DRIVER}\ndrive(compute_saliency_maps)",
    "reached_backwards": """import torch
class Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return compute_saliency_maps(g)
x = torch.ones(1, requires_grad=True)
Rule.apply(x).sum().backward()""",
    "empty_cell": "raise NotImplementedError()",
    "check": CHECK,
    "check_without_words": "value = 3\nassert value == 4",
    "check_of_a_library": "import numpy as np\n\nnp.testing.assert_allclose(1.0, 2.0)",
    "check_of_the_package": "from cs182viz.checks import expect_shape\nexpect_shape([1, 2], (3,), 'The answer')",
    "not_a_stub": "import abc\nclass A:\n    def f(self):\n        return [].nothing\nA().f()",
    "a_library_s_own": """import torch
def answer():
    return torch.sparse_coo_tensor(size=(2, 2)).storage()
answer()""",
    "figure": """from cs182viz import plotting
import numpy as np
plotting.image_grid([np.eye(8)], title="One")""",
    "described": """import matplotlib.pyplot as plt
figure, (left, right) = plt.subplots(1, 2)
left.set(title="two steps", xlabel="step", ylabel="loss")
right.set_title("empty")
figure.suptitle("The loss falls.")
figure.supxlabel("Measured on one picture.")
plt.close(figure)
figure""",
    "two_figures": "plotting.curve([1, 2]); plotting.curve([3, 4])",
    "defaults": "import matplotlib\nprint(matplotlib.rcParams['font.size'], matplotlib.rcParams['legend.fontsize'])",
}


def make_notebook(names=tuple(CELLS)):
    cells = [new_code_cell("from cs182viz import notebook\nnotebook.setup(seed=182)", id="setup")]
    cells += [new_code_cell(CELLS[name], id=name) for name in names]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture(scope="module")
def outputs():
    """The outputs of every cell, run to the end whatever happens, by name."""
    run = NotebookClient(make_notebook(), allow_errors=True, timeout=120, kernel_name="python3").execute()
    nbformat.validate(run)
    return {cell.id: cell.outputs for cell in run.cells}


def error_in(outputs):
    (output,) = [output for output in outputs if output.output_type == "error"]
    return output, re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))


def test_setup_itself_shows_nothing(outputs):
    assert outputs["setup"] == []
    assert outputs["stub"] == []


@pytest.mark.parametrize("cell", ["reached", "reached_by_a_driver", "reached_backwards"])
def test_a_reached_stub_is_an_error_that_names_its_function(outputs, cell):
    output, text = error_in(outputs[cell])
    assert output.ename == "NotImplementedError"
    assert text == (
        "NotImplementedError: compute_saliency_maps is not written yet: fill in its cell above, run it, then run this "
        "cell again.\nWrite the gradient's largest absolute value."
    )


def test_a_stub_outside_any_function_is_this_cell(outputs):
    output, text = error_in(outputs["empty_cell"])
    assert output.ename == "NotImplementedError"
    assert text == "NotImplementedError: this cell is not written yet: fill it in and run it again."


def test_a_failed_check_is_its_sentence_and_its_line(outputs):
    output, text = error_in(outputs["check"])
    assert output.ename == "AssertionError"
    assert output.evalue == "expected 4 and got 2: is the square root taken?"
    assert text == (
        "AssertionError: expected 4 and got 2: is the square root taken?\n\nLine 2 of this cell:\n    "
        'assert value == 4, f"expected 4 and got {value}: is the square root taken?"'
    )


def test_a_check_without_words_still_shows_its_line(outputs):
    _, text = error_in(outputs["check_without_words"])
    assert text.endswith("this check does not hold.\n\nLine 2 of this cell:\n    assert value == 4")


def test_a_check_that_fails_inside_a_library_shows_the_cell_s_line(outputs):
    _, text = error_in(outputs["check_of_a_library"])
    assert "Not equal to tolerance" in text
    assert text.endswith("Line 3 of this cell:\n    np.testing.assert_allclose(1.0, 2.0)")
    _, text = error_in(outputs["check_of_the_package"])
    assert "should have shape (3,)" in text
    assert text.endswith("Line 2 of this cell:\n    expect_shape([1, 2], (3,), 'The answer')")


def test_other_exceptions_keep_their_traceback(outputs):
    output, text = error_in(outputs["not_a_stub"])
    assert output.ename == "AttributeError"
    assert "Traceback (most recent call last)" in text
    assert "return [].nothing" in text
    assert "A().f()" in text


def test_a_library_s_notimplementederror_is_no_stub(outputs):
    output, text = error_in(outputs["a_library_s_own"])
    assert output.ename == "NotImplementedError"
    assert "is not written yet" not in text
    assert "Traceback (most recent call last)" in text


def test_a_returned_figure_shows_exactly_once_and_none_without_being_returned(outputs):
    (shown,) = outputs["figure"]
    assert shown.output_type == "execute_result"
    assert "image/png" in shown.data
    assert len(outputs["two_figures"]) == 1, "the last value of the cell and nothing else"


def test_a_figure_carries_its_own_words_for_those_who_do_not_see_it(outputs):
    (shown,) = outputs["described"]
    assert shown.metadata["image/png"]["alt"] == (
        "The loss falls. two steps: loss over step; empty. Measured on one picture."
    )


def test_a_figure_is_compressed_quickly(outputs):
    (shown,) = outputs["described"]
    png = base64.b64decode(shown.data["image/png"])
    flags = png[png.index(b"IDAT") + 5]
    assert flags >> 6 == 1  # FLEVEL of RFC 1950: a fast algorithm; 2 is the default


def test_nbconvert_writes_these_words_into_its_page(outputs):
    cell = new_code_cell("", id="described", outputs=outputs["described"])
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(new_notebook(cells=[cell]))
    assert 'alt="The loss falls. two steps: loss over step; empty. Measured on one picture."' in page


def test_many_panels_are_counted_and_a_figure_without_words_says_so():
    figure, axes = plt.subplots(4, 4)
    assert notebook.alt_text(figure) == "A figure without words."
    for number, ax in enumerate(axes.flat):
        ax.set_title(f"unit {number}")
    assert notebook.alt_text(figure).endswith("unit 10; unit 11; and 4 more.")
    plt.close(figure)


def test_figures_have_readable_fonts(outputs):
    (printed,) = outputs["defaults"]
    assert min(float(size) for size in printed.text.split()) >= 12


def test_without_allow_errors_the_run_stops():
    client = NotebookClient(make_notebook(["stub", "reached", "check"]), timeout=120, kernel_name="python3")
    with client.setup_kernel():
        setup, stub, reached, check = client.nb.cells
        client.execute_cell(setup, 0)
        client.execute_cell(stub, 1)
        with pytest.raises(CellExecutionError, match="NotImplementedError"):
            client.execute_cell(reached, 2)
        with pytest.raises(CellExecutionError, match="AssertionError"):
            client.execute_cell(check, 3)


def test_nbgrader_takes_the_points(tmp_path):
    made = make_notebook(["stub", "reached", "check", "check_without_words", "figure"])
    for cell in made.cells[1:]:
        cell.metadata.nbgrader = {
            "grade": True, "solution": False, "locked": True, "grade_id": cell.id, "points": 2,
            "cell_type": "code", "schema_version": 3,
        }  # fmt: skip
    run, _ = Execute().preprocess(made, {"metadata": {"path": str(tmp_path)}})
    assert {cell.id: determine_grade(cell)[0] for cell in run.cells[1:]} == {
        "stub": 2, "reached": 0, "check": 0, "check_without_words": 0, "figure": 2,
    }  # fmt: skip


def test_setup_seeds_all_three_generators():
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    notebook.setup(seed=7)
    first = draw()
    notebook.setup(seed=7)
    assert draw() == first
    notebook.setup(seed=8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_outside_ipython_it_only_seeds():
    script = (
        "import sys; from cs182viz import notebook; hook = sys.excepthook; notebook.setup();"
        "assert sys.excepthook is hook; assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
