"""A notebook that is opened alone finds the package, or says what is missing and fetches it when asked."""

import ast
import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from grading.config import Course
from grading.masters import notebook
from grading.masters.package_cell import CELL_ID, SOURCE

ROOT = Path(__file__).parents[1]
OURS = Course.from_environment()
ADDRESS = "https://example.edu/cs182/cs182viz-0.1.0-py3-none-any.whl"
ASKED = SOURCE.replace("INSTALL = False", "INSTALL = True")


def tool(name):
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / f"tools/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return tool("wheel").build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def held(wheel) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_students_wheel_holds_the_package_without_the_grader(held):
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == {"cs182viz"}
    (entries,) = [text.decode() for name, text in held.items() if name.endswith("entry_points.txt")]
    assert "cs182viz = cs182viz.cli:main" in entries
    assert "cs182-grade" not in entries
    (metadata,) = [text.decode() for name, text in held.items() if name.endswith(".dist-info/METADATA")]
    assert "nbgrader" not in metadata.split("\n\n")[0]
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cs182viz").rglob("*.py")}
    assert kept <= set(held)


def bodies(source: str) -> dict[str, str]:
    """What the functions of a text do, by name, whatever their docstrings, comments and layout."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            lines = node.body[1:] if ast.get_docstring(node) else node.body
            found[node.name] = "\n".join(map(ast.unparse, lines))
    return found


def test_the_students_wheel_holds_no_answer(held):
    answers = {}
    for name in OURS.names():
        for source in notebook.answers(notebook.read(OURS.master(name))).values():
            answers |= bodies(source)
    assert len(answers) >= 30
    for name, text in held.items():
        assert not name.endswith((".ipynb", "misconceptions.py"))
        if name.endswith(".py"):
            copied = {f for f, body in bodies(text.decode()).items() if body in answers.values()}
            assert copied == set(), name


@pytest.mark.parametrize("name", OURS.names())
def test_every_assignment_looks_for_the_package_first(name):
    for path in (OURS.master(name), OURS.released(name)):
        first = next(cell for cell in notebook.read(path).cells if cell.cell_type == "code")
        assert (first.id, first.source, first.metadata) == (CELL_ID, SOURCE, {})


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """A Python that has everything but our package: as on Colab, once a wheel's dependencies are there."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "venv", with_pip=False)
    (home / "libraries").mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "cs182viz" not in path.name and path.suffix != ".pth":
            (home / "libraries" / path.name).symlink_to(path)
    (purelib,) = (home / "venv").rglob("site-packages")
    (purelib / "libraries.pth").write_text(str(home / "libraries"))
    return home / "venv/bin/python"


def run(python: Path, source: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a cell where nobody answers the network, then try to import the package."""
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    environment |= dead | {"PIP_CONFIG_FILE": os.devnull}
    script = f"{source}\nimport cs182viz\nprint(cs182viz.__file__)"
    return subprocess.run(
        [python, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_without_the_package_the_cell_says_what_to_do_and_does_nothing(elsewhere, tmp_path):
    done = run(elsewhere, SOURCE, tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: cs182viz is missing here. Write INSTALL = True above")


def test_offline_without_a_wheel_pips_own_words_are_shown(elsewhere, tmp_path):
    done = run(elsewhere, ASKED.replace('WHEEL = ""', f'WHEEL = "{ADDRESS}"'), tmp_path)
    assert f"RuntimeError: pip could not install {ADDRESS}. It says:" in done.stderr
    assert "example.edu" in done.stderr.split("It says:")[1]


def test_asked_it_installs_the_wheel_beside_it_without_a_network(elsewhere, wheel, tmp_path):
    (tmp_path / wheel.name).symlink_to(wheel)
    done = run(elsewhere, ASKED, tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(elsewhere.parents[1])


def test_where_the_package_is_the_cell_does_nothing(tmp_path):
    done = run(Path(sys.executable), ASKED.replace("subprocess.run", "no_such_thing"), tmp_path)
    assert done.returncode == 0, done.stderr


BUTTONS = tool("buttons")


def test_there_are_no_buttons_until_an_address_is_set():
    assert BUTTONS.buttons("", "lectures/x.ipynb") == ""
    text = "# Title\n\nText."
    assert BUTTONS.with_buttons(text, "") == text


def test_buttons_open_this_notebook_and_can_be_taken_out_again():
    line = BUTTONS.buttons("https://github.com/owner/course.git", "lectures/06_facets.ipynb")
    assert "(https://mybinder.org/v2/gh/owner/course/main?urlpath=lab/tree/lectures/06_facets.ipynb)" in line
    assert "(https://colab.research.google.com/github/owner/course/blob/main/lectures/06_facets.ipynb)" in line
    text = "# Title\n\nText."
    written = BUTTONS.with_buttons(text, line)
    assert written.startswith("# Title\n\n<!-- buttons")
    assert written.endswith("Text.")
    assert BUTTONS.with_buttons(written, line) == written
    assert BUTTONS.with_buttons(written, "") == text


def test_an_address_that_binder_cannot_open_is_refused():
    with pytest.raises(ValueError, match=r"is not https://github\.com/OWNER/NAME"):
        BUTTONS.buttons("https://example.edu/course", "")


def test_the_lectures_and_the_readme_are_in_step_with_the_setting():
    done = subprocess.run(
        [sys.executable, ROOT / "tools/buttons.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_lecture_without_the_project_says_how_to_get_it(elsewhere, tmp_path):
    done = run(elsewhere, BUTTONS.CELL.format(repository=""), tmp_path)
    assert done.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: The project is missing here.")
