"""The packages as a whole: what the wheel holds, who imports whom, and what repeats pyproject.toml."""

import ast
import graphlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {
    "dask": "dask-core",
    "openTSNE": "opentsne",
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}
IMPORT_NAMES = {"scikit-learn": "sklearn", "pillow": "PIL", "pyyaml": "yaml", "imageio-ffmpeg": "imageio_ffmpeg"}
MEGABYTE = 1_000_000

# Blocks every way out before anything of the project is imported, then classifies a picture of the package.
CLASSIFY = """
import socket
def refuse(*args, **kwargs): raise AssertionError(f"the network was asked for: {args}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import cs182viz
from cs182viz import images, zoo
model = zoo.load_model("squeezenet")
(picture,) = images.load_images(["espresso"])
scores = model(model.preprocess(picture))
print(cs182viz.__file__)
print(model.classes[scores.argmax().item()])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("cs182viz-*.whl")
    return built


def test_the_wheel_is_small_and_holds_both_packages_with_their_data(wheel):
    assert wheel.stat().st_size < 10 * MEGABYTE
    held = set(zipfile.ZipFile(wheel).namelist())
    for package in ("cs182viz", "grading"):
        sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py")}
        assert sources - held == set()
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cs182viz/data").rglob("*") if path.is_file()}
    assert any(name.endswith(".safetensors") for name in data)
    assert data - held == set()


def test_the_wheel_holds_no_answers_and_no_tests(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cs182viz", "grading"}
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".ipynb", "misconceptions.py"))]


def test_an_installed_wheel_classifies_a_picture_without_a_network(wheel, tmp_path):
    home = tmp_path / "clean"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    (project,) = home.rglob("cs182viz/__init__.py")
    # A path in a .pth file brings the dependencies, but not the .pth of the project's own editable install.
    packages = project.parents[1]
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["CS182VIZ_CACHE"] = str(tmp_path / "cache")
    run = subprocess.run(
        [python, "-c", CLASSIFY], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    place, answer = run.stdout.splitlines()
    assert Path(place).is_relative_to(packages)
    assert answer == "espresso"


def imported(module: str, path: Path) -> Iterator[str]:
    """Dotted names that a module imports anywhere in its file; `from a import b` gives both a and a.b."""
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def modules(package: str, root: Path = ROOT) -> dict[str, Path]:
    """Files of a package by their dotted names."""
    paths = sorted((root / package).rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def import_order(package: str, root: Path = ROOT) -> list[str]:
    """The modules, each after those it imports; CycleError if there is no such order."""
    files = modules(package, root)
    graph = {name: {other for other in imported(name, path) if other in files} for name, path in files.items()}
    for name, others in graph.items():
        # importing a module runs its packages too, but a package that its own modules come from is no circle
        graph[name] = {other for other in others if not name.startswith(f"{other}.")}
    return list(graphlib.TopologicalSorter(graph).static_order())


def tops(package: str, *, but: tuple[str, ...] = ()) -> set[str]:
    """Names of what the modules of a package import, but for those in the subpackages `but`."""
    files = {module: path for module, path in modules(package).items() if not module.startswith(but)}
    return {name.split(".")[0] for module, path in files.items() for name in imported(module, path)}


def test_the_students_package_knows_nothing_of_the_grader_or_the_answers():
    assert tops("cs182viz") & {"grading", "solutions", "tests"} == set()
    assert tops("grading") & {"solutions", "tests"} == set()


@pytest.mark.parametrize("package", ["cs182viz", "grading"])
def test_imports_run_one_way(package):
    assert len(import_order(package)) == len(modules(package))


def test_a_circle_of_imports_would_be_found(tmp_path):
    (tmp_path / "wing").mkdir()
    (tmp_path / "wing/a.py").write_text("from wing import b")
    (tmp_path / "wing/b.py").write_text("def late():\n    from .a import x")
    with pytest.raises(graphlib.CycleError):
        import_order("wing", tmp_path)


def requirements(*extras: str) -> dict[str, Requirement]:
    """What pyproject.toml asks for at run time and in `extras`, by name, but for the project itself."""
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return {one.name: one for one in map(Requirement, lines) if one.name != PROJECT["name"]}


@pytest.mark.parametrize(
    ("package", "but", "extras"),
    [
        ("cs182viz", ("cs182viz.techniques", "cs182viz.demos"), ()),
        ("cs182viz", (), ("student", "lecture")),
        ("grading", (), ("student", "instructor")),
    ],
)
def test_everything_that_is_imported_is_asked_for(package, but, extras):
    declared = {IMPORT_NAMES.get(name, name) for name in requirements(*extras)} | {"cs182viz", "grading"}
    # notebook.setup looks for IPython, and the wire for pandas: both do without it
    assert tops(package, but=but) - declared - set(sys.stdlib_module_names) - {"IPython", "pandas"} == set()


def test_the_conda_environment_and_pyproject_ask_for_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    conda = {one.name: one.specifier for one in map(Requirement, filter(is_text, environment["dependencies"]))}
    assert conda.pop("python") == Requirement(f"python{PROJECT['requires-python']}").specifier
    assert conda.pop("pip") == ""
    wanted = requirements(*PROJECT["optional-dependencies"])
    assert conda == {CONDA_NAMES.get(name, name): one.specifier for name, one in wanted.items()}
    assert [one for one in environment["dependencies"] if not is_text(one)] == [{"pip": ["--editable ."]}]


def is_text(value: object) -> bool:
    return isinstance(value, str)


def test_the_citation_file_is_of_this_version_and_each_reference_can_be_found():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (str(citation["version"]), citation["license"]) == (PROJECT["version"], PROJECT["license"])
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year"} <= set(reference)
        assert {"doi", "url"} & set(reference), reference["title"]
        assert all({"family-names", "given-names"} <= set(author) for author in reference["authors"])
    titles = [reference["title"] for reference in citation["references"]]
    assert len(titles) == len(set(titles))


def test_every_doi_that_the_code_names_is_in_the_citation_file():
    references = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    known = {reference["doi"].lower() for reference in references if "doi" in reference}
    texts = [path.read_text() for path in (*modules("cs182viz").values(), *ROOT.glob("*/*.ipynb"))]
    named = {doi.lower().rstrip(".") for text in texts for doi in re.findall(r"\b10\.\d{4,}/[^\s),;\]\"'`\\]+", text)}
    assert named - known == set()
