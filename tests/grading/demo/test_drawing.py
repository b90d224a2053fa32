"""The sample class hands in the pictures that its answers make, and wrong answers harm nobody."""

import base64
import io

import pytest
from nbformat.v4 import new_code_cell
from PIL import Image

from grading.demo.drawing import draw_all, shown_after
from grading.masters import notebook

FIGURE = """from matplotlib.figure import Figure
figure = Figure(figsize=(double(base), 2))
figure.subplots().plot([1, 2])
figure"""


@pytest.fixture
def drawing(master):
    """The small master with a picture that depends on an answer and on another demonstration."""
    cells = [cell for cell in master.cells if cell.id != "picture"]
    place = next(number for number, cell in enumerate(cells) if cell.id == "test_double") + 1
    cells[place:place] = [new_code_cell(FIGURE, id="figure"), new_code_cell("1 / 0", id="broken")]
    cells[1:1] = [new_code_cell("base = 2", id="base"), new_code_cell("import nothing_here", id="unneeded")]
    master.cells = cells
    return master


def sizes(nb):
    drawn = [(cell.id, output.data["image/png"]) for cell in nb.cells for output in cell.get("outputs", [])]
    return {name: Image.open(io.BytesIO(base64.b64decode(png))).size for name, png in drawn}


def test_the_demonstration_below_a_functions_tests_is_its_picture(drawing):
    assert shown_after(drawing, ["double", "mean"]) == ["figure"]


def test_pictures_follow_the_answers_and_what_fails_shows_nothing(drawing):
    wide = notebook.with_answers(drawing, {"double": "def double(x):\n    return 4 * x"})
    crash = notebook.with_answers(drawing, {"double": "def double(x):\n    raise ValueError"})
    exit_ = notebook.with_answers(drawing, {"double": "import os\ndef double(x):\n    os._exit(1)"})
    drawn = draw_all([(nb, ["figure", "broken"]) for nb in (drawing, wide, crash, exit_)])
    assert [sizes(nb) for nb in drawn] == [{"figure": (300, 150)}, {"figure": (600, 150)}, {}, {}]


def test_no_outputs_but_the_named_cells(drawing):
    (drawn,) = draw_all([(drawing, [])])
    assert sizes(drawn) == {}
