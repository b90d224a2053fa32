"""Every kind of submission that a grader must survive, against the real sandbox."""

import contextlib
import dataclasses
import json
import time
from pathlib import Path

import pytest
from attacks import ATTACKS, Attack
from attacks.attack import double
from attacks.run import SETTINGS, Grader, unexpected
from attacks.stock import RECORD

from grading.config import CLONE
from grading.walls import landlock, seccomp


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    return Grader(tmp_path_factory.mktemp("attacks"))


@pytest.fixture(scope="module")
def restricted(tmp_path_factory):
    """A grader as in a container without privileges."""
    if landlock.abi() == 0 or not seccomp.supported():
        pytest.skip("this machine has no such level")
    settings = dataclasses.replace(SETTINGS, level="restricted", without=("namespaces",))
    return Grader(tmp_path_factory.mktemp("restricted"), settings)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.slug)
def test_the_outcome_is_the_expected_one(grader, attack):
    assert unexpected(attack, grader.grade(attack)) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.slug)
def test_the_points_are_the_same_at_the_restricted_level(restricted, attack):
    answer = restricted.grade(attack)
    assert answer["state"] == attack.state
    if attack.state != "unreadable":
        lost = {name for name, item in answer["items"].items() if item["earned"] < item["points"]}
        without_quota = {"test_double"} if attack.slug == "29-makes-a-million-files" else set()  # the clock stops it
        assert lost == {f"test_{name}" for name in attack.expected} | without_quota


def test_two_runs_on_other_seeds_agree(grader):
    right, cheat = (next(attack for attack in ATTACKS if attack.line == line) for line in (1, 33))
    for seed in (1, 2):
        assert unexpected(right, grader.grade(right, seed=seed)) == []
        assert unexpected(cheat, grader.grade(cheat, seed=seed)) == []


@pytest.mark.parametrize(("repeat", "state"), [("none", "full"), ("failed", "full"), ("all", "to review")])
def test_an_answer_that_is_right_the_first_time_only(grader, repeat, state):
    source = """
    import os
    import pathlib

    first = pathlib.Path("first")
    if not first.exists():
        first.write_text(str(os.getpid()))
    return 2 * x if first.read_text() == str(os.getpid()) else x
    """
    answer = grader.grade(Attack(34, "right the first time only", double(source)), repeat=repeat)
    assert answer["items"]["test_double"]["state"] == state


def test_tracebacks_show_the_students_frames_only(grader):
    crash = next(attack for attack in ATTACKS if attack.slug == "04-exception-in-one-answer")
    traceback = grader.grade(crash)["items"]["test_double"]["traceback"]
    assert "return x.no_such_thing" in traceback
    assert "grading" not in traceback
    assert str(CLONE) not in traceback


def test_the_documentation_lists_every_attack_and_nothing_unexpected():
    page = (CLONE / "docs" / "attacks.md").read_text(encoding="utf-8")
    rows = page.partition("|---|---|---|---|---|\n")[2].splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in rows] == [attack.name for attack in ATTACKS]
    assert "NOT AS EXPECTED" not in page
    assert set(json.loads(RECORD.read_text(encoding="utf-8"))) == {attack.slug for attack in ATTACKS if attack.stock}


def test_afterwards_nothing_is_left_behind(grader):
    """No process, no file outside; runs last. Sandboxes of tests that run beside this one come and go."""
    assert not Path("/tmp/owned").exists()
    assert Path(grader.course.master("twice")).exists()
    left = confined()
    deadline = time.monotonic() + 60
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left &= confined()
    assert left == set()


def confined():
    """Process number and command of whatever runs as a sandbox's user."""
    found = set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and 2_000_000 <= folder.stat().st_uid < 2**31:
                found.add((folder.name, (folder / "comm").read_text()))
    return found
