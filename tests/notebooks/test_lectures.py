"""Does every notebook of the lecture run from top to bottom and draw, and is it written as we promise?"""

import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from grading.config import CLONE
from grading.masters import notebook

LECTURES = CLONE / "lectures"
NOTEBOOKS = sorted(path.name for path in LECTURES.glob("*.ipynb"))
PAGES = sorted(f"demos/{path.name}" for path in LECTURES.glob("demos/*.ipynb"))
CHAPTERS = {  # and the demonstrations that each holds
    "00_recap": set(),
    "01_representations": {"KLQuiz", "TSNELive"},
    "02_units_and_weights": {"Autoencoder", "DeepVis", "Digits", "Painter", "Playground"},
    "03_occlusion_and_saliency": {"Occlude"},
    "04_backward_rules": {"DeepVis"},
    "05_optimising_images": set(),
    "06_facets": set(),
    "07_inversion": set(),
    "08_deepdream": {"StyleAndDream"},
    "09_style": {"FastStyle", "StyleAndDream"},
    "10_policy": {"Agent"},
    "11_cells": {"Cells"},
}
MAX_WORDS = 145  # between two code cells, as in the assignments


def test_the_lecture_is_complete():
    assert [f"{name}.ipynb" for name in CHAPTERS] == NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_lecture_runs_offline_and_draws(name, tmp_path, monkeypatch):
    for way_out in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(way_out, "http://127.0.0.1:9")  # nobody answers there: whatever asks the network fails
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path / "cache"))  # nothing was fetched before
    folder = shutil.copytree(LECTURES, tmp_path / "lectures")
    nb = notebook.read(folder / name)
    nb = NotebookClient(nb, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    assert len(list(notebook.pictures(nb))) >= 3
    warned = [out.text for cell in nb.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert [text for text in warned if "Warning" in text] == []
    committed = {path.name: path.read_bytes() for path in (LECTURES / "pictures").iterdir()}
    assert {path.name: path.read_bytes() for path in (folder / "pictures").iterdir()} == committed


@pytest.mark.parametrize("name", NOTEBOOKS + PAGES)
def test_a_lecture_is_committed_clean(name):
    nb = notebook.read(LECTURES / name)
    nbformat.validate(nb)
    assert nb.metadata.kernelspec.name == "python3"
    for cell in nb.cells:
        assert re.fullmatch(r"[a-z][a-zA-Z0-9_-]*", cell.id), f"cell id {cell.id!r} is no readable name"
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_lecture_names_its_section_and_its_papers_and_holds_its_demonstrations(name):
    nb = notebook.read(LECTURES / name)
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    assert re.search(r"[Ll]ecture, sections? \d", text)
    assert re.search(r"(19|20)\d\d", text)
    code = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    assert set(re.findall(r"demos\.(\w+)\(", code)) == CHAPTERS[name.removesuffix(".ipynb")]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_pictures_in_the_text_exist_and_say_what_they_show(name):
    for cell in notebook.read(LECTURES / name).cells:
        for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", cell.source if cell.cell_type == "markdown" else ""):
            assert (LECTURES / target).is_file(), target
            assert len(alt.split()) >= 4, f"{target} has no text for those who cannot see it"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_text_between_two_code_cells_is_short(name):
    words, longest = 0, 0
    for cell in notebook.read(LECTURES / name).cells:
        words = 0 if cell.cell_type == "code" else words + notebook_words(cell.source)
        longest = max(longest, words)
    assert longest <= MAX_WORDS


def notebook_words(source: str) -> int:
    """Words of a text, a formula in it counting as one; a displayed formula and a picture are no prose."""
    source = re.sub(r"\$\$.*?\$\$", " ", source, flags=re.DOTALL)
    source = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", source)
    return len(re.sub(r"\$[^$]*\$", "x", source).split())
