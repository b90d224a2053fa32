"""Results are kept under what they depend on: the same question is never asked twice, a changed one is."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from grading.config.settings import Times
from grading.masters import bundle as given
from grading.masters.bundle import Bundle, Cell, Given, Wrong
from grading.verdicts.store import Keys, Store, cells_hash
from grading.verdicts.verdict import Item, ItemState, State, Verdict

BUNDLE = Bundle(
    "toy",
    setup=(Cell("imports", "import math"),),
    answers=(Cell("f", "def f(): ...", ("f",)), Cell("g", "def g(): ...", ("g",))),
    tests=(given.Test("test_f", "assert f()", 2.0, "f"), given.Test("test_g", "assert g()", 1.0, "g")),
    catalogue=(Wrong("f", "none", "You return nothing.", "def f(): pass"),),
    given=(Given("test_f", "test", "assert f()"), Given("f", "answer", "def f(): ...", ("f",))),
)


def keys(bundle=BUNDLE, times=None, rules=None, secret=b"s" * 32):
    made = Keys(bundle, times or Times(), rules or {"code": "1"}, secret=secret)
    return made.items("submission", made.seeds("ada"))


def changed(other):
    """The tests whose results no longer count."""
    before = keys()
    return {test for test, key in other.items() if before[test] != key}


def test_the_same_question_has_the_same_name():
    assert changed(keys()) == set()
    assert len(set(keys().values())) == 2


def test_a_changed_test_concerns_its_own_item_alone():
    tests = (BUNDLE.tests[0], dataclasses.replace(BUNDLE.tests[1], source="assert g() == 3"))
    given = (*BUNDLE.given, Given("test_g", "test", "assert g() == 3"))
    assert changed(keys(dataclasses.replace(BUNDLE, tests=tests, given=given))) == {"test_g"}


def test_the_masters_class_says_what_can_be_asked_of_an_instance_and_so_concerns_every_item():
    def with_class(source):
        return dataclasses.replace(BUNDLE, answers=(Cell("f", source, ("f",)), BUNDLE.answers[1]))

    before, after = (keys(with_class(f"class f:\n    {body}")) for body in ("rate = 1", "rate = 1\n    size = 2"))
    assert all(before[test] != after[test] for test in before)
    assert changed(keys(with_class("def f(): return 2"))) == set()


def test_a_new_misconception_concerns_the_items_of_its_function():
    catalogue = (*BUNDLE.catalogue, Wrong("g", "one", "You return one.", "def g(): return 1"))
    assert changed(keys(dataclasses.replace(BUNDLE, catalogue=catalogue))) == {"test_g"}


@pytest.mark.parametrize(
    "other",
    [
        lambda: keys(dataclasses.replace(BUNDLE, setup=(Cell("imports", "import cmath"),))),
        lambda: keys(times=Times(call=1.0)),
        lambda: keys(rules={"code": "2"}),
        lambda: keys(secret=b"t" * 32),
    ],
    ids=["setup", "times", "code", "secret"],
)
def test_what_all_items_share_concerns_all(other):
    assert changed(other()) == {"test_f", "test_g"}


def test_a_changed_solution_concerns_none_of_the_students():
    answers = (Cell("f", "def f():\n    return 1", ("f",)), BUNDLE.answers[1])
    assert changed(keys(dataclasses.replace(BUNDLE, answers=answers))) == set()


def notebook(source="def f(): ...", **more):
    cell = {
        "cell_type": "code",
        "id": "f",
        "source": source,
        "metadata": {"nbgrader": {"grade_id": "f"}},
        "outputs": [],
    }
    return {"nbformat": 4, "cells": [cell | more]}


def test_of_a_submission_only_sources_and_ids_count():
    assert cells_hash(notebook()) == cells_hash(notebook(outputs=[{"text": "hello"}], execution_count=7))
    assert cells_hash(notebook()) != cells_hash(notebook("def f(): return 1"))
    assert cells_hash(notebook()) != cells_hash(notebook(id="g"))
    assert cells_hash(notebook()) != cells_hash(notebook(cell_type="markdown"))
    assert cells_hash({"cells": [None, {"metadata": 3}, {"metadata": {"nbgrader": []}}]})


def test_results_come_back_and_a_damaged_file_is_none(tmp_path):
    store = Store(tmp_path)
    assert store.get("ab12") is None
    store.put("ab12", {"earned": 1.5, "reason": "½ \ud800"})
    assert store.get("ab12") == {"earned": 1.5, "reason": "½ \ud800"}
    (path,) = (tmp_path / "results").glob("*/*.json")
    for broken in (path.read_bytes()[:-3], b"", b"[]", b"\xff"):
        path.write_bytes(broken)
        assert store.get("ab12") is None


def test_verdicts_come_back(tmp_path):
    store = Store(tmp_path)
    verdict = Verdict("ada", "toy", State.REVIEW, (Item("t", 0.5, 1.0, ItemState.PARTIAL, "half"),), ("odd",), "look")
    store.put_verdict(verdict)
    assert Store(tmp_path).verdict("toy", "ada") == verdict
    assert list(Store(tmp_path).verdicts("toy")) == [verdict]
    assert store.verdict("toy", "bob") is None


WRITER = """
import itertools, sys
from pathlib import Path
from grading.verdicts.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
for i in itertools.count():
    store.put("aa", {"number": i, "filling": [i] * 5000})
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    for attempt in range(6):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.02 + 0.013 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        files = list((tmp_path / "results").glob("*/*.json"))
        for path in files:
            value = json.loads(path.read_text())
            assert value["filling"] == [value["number"]] * 5000
    assert files
