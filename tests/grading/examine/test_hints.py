"""Is a mistake of the catalogue recognised when a student hands it in, and nothing else taken for one?"""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from attacks.run import examine

from grading.config import Course
from grading.config.settings import Settings
from grading.examine import hints, shared_zygote
from grading.examine.compare import difference
from grading.examine.proxy import Call
from grading.masters.assignment import Assignment
from grading.masters.bundle import Wrong

COURSE = Course.from_environment()
LEAST = 0.9


@pytest.fixture(scope="module")
def zygote():
    return shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))


@pytest.mark.parametrize("name", COURSE.names())
def test_most_of_the_catalogue_is_recognised_by_name(zygote, name):
    bundle = Assignment(COURSE, name).bundle
    unknown = []
    for wrong in bundle.catalogue:
        items = examine(zygote, bundle, {wrong.function: wrong.source}, {wrong.function})
        if wrong.name not in {item["misconception"] for item in items.values()}:
            unknown.append(f"{wrong.function}__{wrong.name}")
    assert len(unknown) <= (1 - LEAST) * len(bundle.catalogue), unknown


@pytest.fixture
def toy(course):
    return Assignment(course, "toy").bundle


def test_a_hint_comes_with_the_name(zygote, toy):
    item = examine(zygote, toy, {"double": "def double(number):\n    return number * number"})["test_double"]
    assert item["misconception"] == "square"
    assert item["hint"] == "You multiply x by itself: add it to itself instead."


def test_a_mistake_of_another_kind_gets_no_hint(zygote, toy):
    strange = {"double": "def double(x):\n    return 3 * x", "mean": "def mean(values):\n    return 1 / 0"}
    items = examine(zygote, toy, strange)
    assert [(item["earned"], item["misconception"], item["hint"]) for item in items.values()] == 2 * [(0.0, "", "")]


def test_a_right_answer_gets_no_hint(zygote, toy):
    assert {item["misconception"] for item in examine(zygote, toy, {}).values()} == {""}


def test_what_agrees_on_the_first_inputs_alone_is_not_taken_for_the_mistake(zygote, toy):
    # returns x for 2 alone, as `untouched` does, and is something else for the numbers that the test would go on to ask
    constant = Wrong("double", "constant", "You return 2.", "def double(x):\n    return 2")
    toy = dataclasses.replace(toy, catalogue=(*toy.catalogue, constant))
    strange = "def double(x):\n    return x if x == 2 else -5"
    assert examine(zygote, toy, {"double": strange})["test_double"]["misconception"] == ""
    same = "def double(x):\n    return 4 // 2"
    assert examine(zygote, toy, {"double": same})["test_double"]["misconception"] == "constant"


def test_an_entry_that_never_ends_costs_the_hint_and_no_more(toy, monkeypatch):
    monkeypatch.setattr(hints, "SECONDS", 0.3)
    endless = Wrong("double", "endless", "You never stop.", "def double(x):\n    while True:\n        pass")
    asked = [Call("double", (3,), {}, False, 9, {}, identities=(0,))]

    def known(bundle):
        found = hints.find(bundle.tests[0], bundle, {}, list(asked), 7, lambda questions: asked)
        return found and found.name

    assert toy.tests[0].function == "double"
    assert known(toy) == "square"
    assert known(dataclasses.replace(toy, catalogue=(endless, *toy.catalogue))) is None


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (torch.tensor([1.0, 4.0]), torch.tensor([1.0, 3.0]), 0.25),
        (np.array([math.nan, 1.0]), np.array([math.nan, 1.0]), 0.0),
        (np.array([math.inf, 1.0]), np.array([-math.inf, 1.0]), math.inf),
        (torch.zeros(2), torch.zeros(3), math.inf),
        (torch.zeros(2), np.zeros(2, dtype=np.float32), math.inf),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64), math.inf),
        (torch.zeros(0), torch.zeros(0), 0.0),
        (1, 1.0, 0.0),
        (True, 1, math.inf),
        (None, None, 0.0),
        (None, 0.0, math.inf),
        ("a", "a", 0.0),
        ([1.0, 2.0], [1.0, 1.0], 0.5),
        ([1.0], (1.0,), math.inf),
        ({"a": 1.0}, {"a": 2.0}, 0.5),
        ({"a": 1.0}, {"b": 1.0}, math.inf),
    ],
)
def test_difference(a, b, expected):
    assert difference(a, b) == expected
    assert difference(b, a) == expected
