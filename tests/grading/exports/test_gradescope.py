"""The autograder in a clean directory laid out as Gradescope does, with the files from the zip and nothing else."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

from grading.config.secret import course_secret
from grading.exports.gradescope import pack
from grading.exports.gradescope_run import as_results, main
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle
from grading.masters.release import release

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
RIGHT = {
    "double": "def double(x):\n    return x + x",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
}


@pytest.fixture(scope="module")
def autograder(tmp_path_factory, build_course):
    """A root like /autograder, set up but for pip: the package from the zip is on the path instead."""
    course = build_course(tmp_path_factory.mktemp("gradescope"))
    release(course)
    course_secret(course.work)
    root = tmp_path_factory.mktemp("autograder")
    archive = pack(Assignment(course, "toy"), root.parent / "autograder.zip", visibility="after_published")
    subprocess.run(["unzip", "-q", str(archive), "-d", str(root / "source")], check=True)
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    return course, archive, root


@pytest.fixture
def run(autograder):
    """Run the autograder on files: `run({"toy.ipynb": bytes})` -> results, or None, and the exit code and stdout."""
    _, _, root = autograder

    def grade(files):
        for name in ("submission", "results"):
            shutil.rmtree(root / name, ignore_errors=True)
            (root / name).mkdir()
        for name, content in files.items():
            (root / "submission" / name).write_bytes(content)
        (root / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": [{"id": 7, "name": "Ada"}]}))
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CS182_")}
        environment |= {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
        environment |= {"PYTHONPATH": str(root / "source" / "package")}
        done = subprocess.run(
            [str(root / "run_autograder")],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        path = root / "results" / "results.json"
        return json.loads(path.read_text()) if path.exists() else None, done

    return grade


def submission(course, answers):
    return notebook.nbformat.writes(notebook.with_answers(notebook.read(course.released("toy")), answers)).encode()


def check_specification(results):
    """What Gradescope's specification says of results.json."""
    assert set(results) <= {
        *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format"),
        *("visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"),
    }
    assert results["visibility"] in VISIBILITY
    assert results["stdout_visibility"] in VISIBILITY
    assert isinstance(results["execution_time"], int | float)
    assert isinstance(results["output"], str)
    for test in results["tests"]:
        assert set(test) <= {
            *("score", "max_score", "status", "name", "name_format", "number", "output", "output_format"),
            *("tags", "visibility", "extra_data"),
        }
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert (test["status"] == "passed") == (test["score"] == test["max_score"])
        assert test["visibility"] in VISIBILITY
        assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert isinstance(test["output"], str)


def test_right_and_wrong_answers_get_their_points_and_a_hint(autograder, run):
    course, _, root = autograder
    wrong = RIGHT | {"double": "def double(x):\n    return x ** 2"}
    results, done = run({"anything (1).ipynb": submission(course, wrong)})
    assert done.returncode == 0, done.stderr
    check_specification(results)
    assert str(root / "source" / "package") in done.stdout  # the grader of the zip, not of this clone
    assert [(test["name"], test["score"], test["max_score"]) for test in results["tests"]] == [
        ("double", 0, 2),
        ("mean", 1, 1),
    ]
    assert "Return twice x." in results["tests"][0]["output"]
    assert "You multiply x by itself" in results["tests"][0]["output"]
    assert results["tests"][0]["extra_data"]["misconception"] == "square"
    assert {test["visibility"] for test in results["tests"]} == {"after_published"}
    assert "HIDDEN" not in json.dumps(results)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no notebook"),
        ({"report.pdf": b"%PDF"}, "no notebook"),
        ({"toy.ipynb": b"{"}, "not JSON"),
        ({"toy.ipynb": b"\xff\xfe"}, "not text in UTF-8"),
    ],
)
def test_nothing_to_grade_is_zero_with_the_reason(autograder, tmp_path, files, said):
    _, _, root = autograder
    (tmp_path / "source").symlink_to(root / "source")
    (tmp_path / "submission").mkdir()
    for name, content in files.items():
        (tmp_path / "submission" / name).write_bytes(content)
    assert main(tmp_path) == 0
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    check_specification(results)
    assert sum(test["score"] for test in results["tests"]) == 0
    assert said in results["output"]


def test_a_fault_of_the_machine_leaves_no_results(autograder, run):
    course, _, root = autograder
    path = root / "source" / "assignment.json"
    kept = path.read_text()
    about = json.loads(kept)
    about["settings"] |= {"level": "full", "without": ["namespaces"]}  # a container that gives less than is asked for
    path.write_text(json.dumps(about))
    try:
        results, done = run({"toy.ipynb": submission(course, RIGHT)})
    finally:
        path.write_text(kept)
    assert results is None
    assert done.returncode == 1
    assert "nobody is graded" in done.stdout


def test_the_zip_is_what_gradescope_unpacks(autograder):
    course, archive, root = autograder
    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
    assert {"setup.sh", "run_autograder", "assignment.json", "package/pyproject.toml"} <= set(names)
    assert not any(name.startswith("/") or ".." in name or "__pycache__" in name for name in names)
    assert not any("misconceptions" in name or name.startswith("package/solutions") for name in names)
    for script in ("setup.sh", "run_autograder"):
        path = root / "source" / script
        assert path.stat().st_mode & stat.S_IXUSR
        assert path.read_text().startswith("#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n", str(path)], check=True)
    assert course_secret(course.work).hex() not in (root / "source" / "assignment.json").read_text()


def test_pip_can_build_what_the_zip_holds(autograder, tmp_path):
    _, _, root = autograder
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    subprocess.run([*command, "-w", str(tmp_path), str(root / "source" / "package")], check=True)
    (wheel,) = tmp_path.glob("cs182viz-*.whl")
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
    assert "grading/exports/gradescope_run.py" in names
    assert any(name.startswith("cs182viz/data/") for name in names)


def test_flags_are_for_the_instructor_and_items_to_review_say_so(autograder):
    _, _, root = autograder
    about = json.loads((root / "source" / "assignment.json").read_text())
    bundle = Bundle.from_json(about["bundle"])
    item = {
        "grade_id": "test_mean",
        "earned": 0,
        "points": 1,
        "state": "to review",
        "reason": "Unsteady.",
        "hint": "\x1b[1m!",
    }
    answer = {"items": [item], "state": "to review", "flags": ["Test cell test_mean was edited."], "reason": ""}
    results = as_results(bundle, about, answer, []) | {"execution_time": 1}
    check_specification(results)
    assert "For the instructor: Test cell test_mean was edited." in results["output"]
    assert (
        results["tests"][1]["output"] == "Return the mean of some numbers.\nUnsteady.\nA person will look at this.\n!"
    )
