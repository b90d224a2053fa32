"""Which files travel with an assignment, what is refused with a sentence, and what is left of them afterwards."""

import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from grading.masters import beside
from grading.masters.assignment import Assignment
from grading.masters.beside.files import MEGABYTES, contents
from grading.masters.notebook import NotebookError
from grading.masters.release import release
from grading.masters.solutions import load
from grading.masters.trial import trial


@pytest.fixture
def folder(course):
    place = course.solutions / "toy"
    (place / "plots.py").write_text("FACTOR = 3\n\n\ndef thrice(x):\n    return FACTOR * x\n")
    (place / "data").mkdir()
    (place / "data" / "points.csv").write_text("1,2\n3,4\n")
    np.save(place / "table.npy", np.arange(4.0))
    return place


def test_helpers_and_data_travel_and_what_holds_answers_does_not(course, folder):
    (folder / "right_versions.py").write_text("")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "plots.pyc").write_bytes(b"")
    (folder / ".secret.txt").write_text("")
    found = contents(beside.read(course.master("toy")))
    assert set(found) == {"plots.py", "data/points.csv", "table.npy"}
    assert found["data/points.csv"] == b"1,2\n3,4\n"


def test_they_are_released_with_the_notebook(course, folder):
    release(course)
    files = {path.relative_to(course.assignments / "toy").as_posix() for path in course.assignments.rglob("*.*")}
    assert files == {"toy.ipynb", "plots.py", "data/points.csv", "table.npy"}
    (folder / "plots.py").write_text("FACTOR = 4\n")
    assert release(course) == [course.assignments / "toy" / "plots.py"]


def test_a_kind_that_does_not_reach_the_sandbox_is_named(course, folder):
    (folder / "model.pt").write_bytes(b"")
    assert beside.left_out(course.master("toy")) == ["model.pt"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("random.py", "", "a module called random is installed already"),
        ("torch/__init__.py", "", "a module called torch is installed already"),
        ("solutions.py", "", "cannot import a module called solutions"),
        ("plots.py", "### BEGIN SOLUTION\n", "nothing is taken out of them"),
    ],
)
def test_a_helper_that_could_not_work_is_refused(course, folder, name, text, said):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    with pytest.raises(NotebookError, match=said):
        _ = Assignment(course, "toy").bundle


def test_too_much_data_is_refused(course, folder):
    (folder / "large.npy").write_bytes(bytes(MEGABYTES * 2**20 + 1))
    with pytest.raises(NotebookError, match="may travel with an assignment"):
        beside.read(course.master("toy"))


def test_cells_of_ours_find_them_and_nothing_is_left(course, folder):
    before, path = Path.cwd(), list(sys.path)
    with beside.at_hand(beside.read(course.master("toy"))):
        import plots

        place = Path.cwd()
        assert (plots.thrice(2), Path("data/points.csv").read_text()) == (6, "1,2\n3,4\n")
    assert (Path.cwd(), sys.path) == (before, path)
    assert not place.exists()
    assert "plots" not in sys.modules


def test_they_are_found_also_where_the_current_folder_was_removed(course, folder, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with beside.at_hand(beside.read(course.master("toy"))):
        assert Path("data/points.csv").exists()
    assert Path.cwd() == Path("/")


def test_a_trial_and_a_lecture_find_them(course, folder, master):
    master.cells[1].source += "\nimport numpy as np\nimport plots\ntable = np.load('table.npy')"
    next(
        cell for cell in master.cells if cell.id == "double"
    ).source = "def double(x):\n    return plots.thrice(x) - x * table[1]"
    nbformat.write(master, course.master("toy"))
    assert load("toy", course=course).double(5) == 10
    files = beside.read(course.master("toy"))
    assert all(outcome.passed for outcome in trial(master, files=files).values())
