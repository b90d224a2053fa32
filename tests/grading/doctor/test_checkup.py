"""Do the walls hold, does the doctor notice when one is missing, and are the kernel's tables right?"""

import ctypes
import ctypes.util
import dataclasses
import json
import platform
import subprocess
import sys

import pytest

from grading.config import CLONE, CourseError
from grading.config.settings import Settings, load
from grading.walls.seccomp import NUMBERS

EXAMINE = """
import dataclasses, json, sys
from grading.doctor.checkup import examine
from grading.config.settings import Settings
report = examine(Settings.from_json(json.loads(sys.argv[1])))
print(json.dumps({**dataclasses.asdict(report), "well": report.well}))
"""
pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the sandbox is Linux's")


def examine(**settings):
    """The doctor's report from a process of its own: it forks, which a test process with threads should not."""
    command = [sys.executable, "-c", EXAMINE, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=CLONE)
    report = json.loads(done.stdout)
    report["broken"] = {attempt["name"] for attempt in report["attempts"] if not attempt["held"]}
    return report


@pytest.fixture(scope="module")
def best():
    return examine(level="unsafe")


def test_every_promise_of_this_machines_level_holds(best):
    assert best["well"], [a for a in best["attempts"] if a["promised"] and not a["held"]] or best["fault"]
    if best["level"] == "full":
        assert best["broken"] == set()


def test_without_walls_the_same_attempts_succeed():
    """Otherwise they would prove nothing."""
    report = examine(level="unsafe", without=["namespaces", "seccomp", "landlock", "user"])
    assert report["level"] == "unsafe"
    assert report["broken"] >= {
        "read the grader's files",
        "read the answers",
        "reach the network",
        "see other processes",
        "fill the disk",
    }


def test_the_restricted_level_keeps_its_promises(best):
    present = {layer["name"] for layer in best["layers"] if layer["present"]}
    if not {"seccomp", "landlock"} <= present:
        pytest.skip("this machine has no such level")
    report = examine(level="restricted", without=["namespaces"])
    assert report["level"] == "restricted"
    assert all(attempt["held"] for attempt in report["attempts"] if attempt["promised"])
    assert report["well"] or "install it in a folder that every user may enter" in report["fault"]


def test_below_the_required_level_nothing_is_run():
    report = examine(level="full", without=["namespaces"])
    assert not report["well"]
    assert report["attempts"] == []
    assert "asks for “full”" in report["fault"]
    assert "namespaces" in report["fault"]


def test_a_missing_layer_comes_with_advice():
    layers = {layer["name"]: layer for layer in examine(level="full", without=["namespaces"])["layers"]}
    assert "user.max_user_namespaces" in layers["namespaces"]["advice"]
    assert not layers["namespaces"]["present"]


@pytest.mark.parametrize("machine", NUMBERS)
def test_the_numbers_of_system_calls_are_libseccomps(machine):
    name = ctypes.util.find_library("seccomp")
    if name is None:
        pytest.skip("libseccomp is not installed")
    resolve = ctypes.CDLL(name).seccomp_syscall_resolve_name_arch
    architecture = ctypes.c_uint32({"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine])
    for call, number in NUMBERS[machine].items():
        assert resolve(architecture, call.encode()) == number, call


def test_settings_are_read_from_the_courses_file(tmp_path):
    assert load(tmp_path) == Settings()
    (tmp_path / "grading.toml").write_text('level = "restricted"\n[forbidden]\ntsne = ["sklearn.manifold"]\n')
    expected = dataclasses.replace(Settings(), level="restricted", forbidden={"tsne": ("sklearn.manifold",)})
    assert load(tmp_path) == expected
    assert Settings.from_json(json.loads(json.dumps(expected.to_json()))) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [("levl = 1", "levl"), ("memory_mb = 'x'", "memory_mb"), ("level = 'some'", "level"), ("=", "grading.toml")],
)
def test_a_wrong_setting_is_named(tmp_path, text, words):
    (tmp_path / "grading.toml").write_text(text)
    with pytest.raises(CourseError, match=words):
        load(tmp_path)
