"""The cell that finds the package: an instructor's address for its wheel, written on release."""

import pytest

from grading.config import Course, CourseError
from grading.masters import notebook
from grading.masters.package_cell import CELL_ID, name_wheel, wheel_of
from grading.masters.release import release

OURS = Course.from_environment()
ADDRESS = "https://example.edu/cs182/cs182viz-0.1.0-py3-none-any.whl"


@pytest.fixture
def released(course):
    """The toy assignment with the cell in it, as an instructor gives it out."""
    nb = notebook.read(course.master("toy"))
    nb.cells.insert(1, notebook.read(OURS.master("tsne")).cells[1])
    assert nb.cells[1].id == CELL_ID
    notebook.write(nb, course.master("toy"))
    release(course)
    return course


def test_the_address_of_a_wheel_is_written_on_release_and_stays_until_it_is_taken_out(released):
    path = released.released("toy")
    plain = path.read_bytes()
    assert release(released, wheel=ADDRESS) == [path]
    assert wheel_of(notebook.read(path)) == ADDRESS
    assert f'WHEEL = "{ADDRESS}"' in path.read_text().replace('\\"', '"')
    assert release(released, check=True) == []
    assert release(released) == []
    assert release(released, wheel="") == [path]
    assert path.read_bytes() == plain


@pytest.mark.parametrize(
    "address",
    [
        "http://example.edu/cs182viz-0.1.0-py3-none-any.whl",
        "https://example.edu/cs182viz.zip",
        "cs182viz-0.1.0-py3-none-any.whl",
        'https://example.edu/"; import os #.whl',
        "https:///x.whl",
    ],
)
def test_what_is_no_address_of_a_wheel_is_refused_before_anything_is_written(released, address):
    before = released.released("toy").read_bytes()
    with pytest.raises(CourseError, match=r"begins with https:// and ends in \.whl"):
        release(released, wheel=address)
    assert released.released("toy").read_bytes() == before


def test_a_notebook_without_the_cell_takes_no_address(course):
    nb = notebook.read(course.master("toy"))
    name_wheel(nb, ADDRESS)
    assert wheel_of(nb) == ""
