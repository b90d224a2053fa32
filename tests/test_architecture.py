"""Imports run one way: the contracts in pyproject.toml hold, and each of them notices an arrow that is turned round."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in a folder."""
    command = [str(LINT), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_room_imports_from_those_below_it_only():
    done = lint(CLONE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("grading/masters/notebook.py", "grading.gradebook.write"),
        ("grading/sandbox/wire.py", "grading.examine.explain.hints"),
        ("grading/config/secret.py", "grading.commands.common"),
        ("cs182viz/imageops.py", "grading.config"),
        ("cs182viz/layers.py", "cs182viz.techniques.weights"),
        ("cs182viz/techniques/weights.py", "cs182viz.demos.page.base"),
    ],
)
def test_an_arrow_that_is_turned_round_is_noticed(module, imported, tmp_path):
    for package in ("cs182viz", "grading"):
        shutil.copytree(CLONE / package, tmp_path / package, ignore=shutil.ignore_patterns("data", "__pycache__"))
    shutil.copy(CLONE / "pyproject.toml", tmp_path)
    path = tmp_path / module
    path.write_text(f"{path.read_text()}\nimport {imported}  # noqa\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{module.removesuffix('.py').replace('/', '.')} -> {imported}" in done.stdout.replace("\n", " ")
    assert "1 broken" in done.stdout
