"""Does `cs182viz lecture` open what was asked for?"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cs182viz import cli


@pytest.fixture
def lectures(tmp_path) -> Path:
    folder = tmp_path / "lectures"
    (folder / "demos").mkdir(parents=True)
    for name in ("01_representations", "04_backward_rules", "05_optimising_images", "demos/deepvis"):
        (folder / f"{name}.ipynb").write_text("{}")
    return folder


def command(which, folder, *, voila=False, port=None):
    return cli.lecture_command(which, folder=folder, voila=voila, port=port)


@pytest.mark.parametrize(
    ("which", "opened"),
    [
        (None, ""),
        ("4", "04_backward_rules.ipynb"),
        ("04", "04_backward_rules.ipynb"),
        ("opt", "05_optimising_images.ipynb"),
    ],
)
def test_a_lecture_is_found_by_number_or_name(lectures, which, opened):
    assert command(which, lectures) == [sys.executable, "-m", "jupyterlab", str(lectures / opened)]


def test_voila_serves_the_demonstrations(lectures):
    assert command("deepvis", lectures, voila=True, port=8901)[2:] == [
        "voila",
        str(lectures / "demos/deepvis.ipynb"),
        "--strip_sources=True",
        *cli.QUIET_PAGES,
        "--port=8901",
    ]


@pytest.mark.parametrize(("which", "said"), [("7", "fits no notebook"), ("0", "fits no notebook"), ("s", "several")])
def test_what_cannot_be_found_is_said_with_what_is_there(lectures, which, said):
    with pytest.raises(LookupError, match=f"{said}.*05_optimising_images"):
        command(which, lectures)


def test_a_folder_without_lectures_is_a_sentence(tmp_path, capsys):
    assert cli.main(["lecture", "--folder", str(tmp_path)]) == 2
    assert "run this from a clone" in capsys.readouterr().err


def test_a_missing_program_is_named_with_what_to_install(lectures, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cs182viz\[lecture\]'"):
        command(None, lectures)


def test_the_command_is_installed_and_explains_itself():
    program = shutil.which("cs182viz", path=Path(sys.executable).parent)
    shown = subprocess.run([program, "lecture", "--help"], check=True, capture_output=True, text=True).stdout
    assert "--voila" in shown
    assert "Example: cs182viz lecture 4" in shown
