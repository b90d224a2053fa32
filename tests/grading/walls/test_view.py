"""What may graded code see: are answers cut out wherever they lie, and are modules that hold them gone?"""

import subprocess
import sys

import pytest

from grading.config import CLONE
from grading.walls.view import View, view, without_hidden


def test_hidden_folders_are_cut_out_of_readable_ones(tmp_path):
    for name in ("package/open.py", "package/answers/a.py", "package/more/b.py", "other/c.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = View((f"{tmp_path}/package", f"{tmp_path}/other"), (f"{tmp_path}/package/answers",))
    kept = {path.removeprefix(f"{tmp_path}/") for path in without_hidden(files)}
    assert kept == {"package/open.py", "package/more", "other"}


def test_the_courses_own_folders_are_not_readable():
    readable = [path for path in view(("grading",)).readable if path.startswith(str(CLONE))]
    assert str(CLONE / "cs182viz") in readable or not readable
    assert not any(
        str(CLONE / name).startswith(path) for path in readable for name in ("solutions", "grading", "tests")
    )


def test_hidden_modules_are_found_without_being_imported():
    code = (
        "import sys\nfrom grading.walls.view import view\nfiles = view(['sklearn.manifold', 'no_such_module'])\n"
        "print(*files.hidden)\nassert 'sklearn' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CLONE)
    assert done.stdout.strip().endswith("sklearn/manifold")


@pytest.mark.parametrize("name", ["wave", "json.tool"])
def test_a_hidden_module_cannot_be_imported(name):
    code = (
        f"import importlib, sys\nimportlib.import_module('{name}')\n"
        f"from grading.walls.view import hide_modules, view\nhide_modules(view(['{name}']))\n"
        f"assert '{name}' not in sys.modules\n"
        f"try:\n    importlib.import_module('{name}')\nexcept ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CLONE)
    assert done.stdout.strip() == f"{name} is not available to graded code"
