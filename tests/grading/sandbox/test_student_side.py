"""A statement that fails beside a right function takes nothing along; what the function really needs still counts."""

import dataclasses
import json

import pytest
from attacks.run import examine

from grading.config.settings import Settings
from grading.examine.shared_zygote import zygote as shared
from grading.masters.assignment import Assignment
from grading.reading import submission

RIGHT = "def double(x):\n    return x + x"
NEEDS = "def double(x):\n    return x * factor"


@pytest.fixture(scope="module")
def zygote():
    return shared(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))


@pytest.fixture(scope="module")
def toy(build_course, tmp_path_factory):
    return Assignment(build_course(tmp_path_factory.mktemp("toy")), "toy").bundle


@pytest.mark.parametrize(
    "beside",
    [
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "import a_package_that_is_not_installed as a",
        "name = input('Your name? ')",
        "import asyncio\nawait asyncio.sleep(0)",
        "import urllib.request\nurllib.request.urlretrieve('http://no-such-host.invalid/weights.pt', 'weights.pt')",
        "!pip install torch",
        "print(undefined_variable)",
        "1 / 0",
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_what_fails_beside_a_right_function_costs_nothing(zygote, toy, beside, first):
    source = f"{beside}\n\n{RIGHT}" if first else f"{RIGHT}\n\n{beside}"
    item = examine(zygote, toy, {"double": source}, {"double"})["test_double"]
    assert (item["earned"], item["reason"]) == (2, "")


def test_what_the_function_needs_still_fails_where_it_is_used(zygote, toy):
    item = examine(zygote, toy, {"double": f"factor = int(input())\n\n{NEEDS}"}, {"double"})["test_double"]
    assert item["earned"] == 0
    assert "name 'factor' is not defined" in item["reason"]
    assert "In its cell this had failed before: EOFError" in item["reason"]


def test_a_function_that_was_never_reached_says_what_came_before(zygote, toy):
    source = f"import sys\nsys.exit('no more')\n\n{RIGHT}"
    item = examine(zygote, toy, {"double": source}, {"double"})["test_double"]
    assert item["earned"] == 0
    assert "exit()" in item["reason"]


def test_a_cell_that_is_no_python_defines_nothing(zygote, toy):
    item = examine(zygote, toy, {"double": f"{RIGHT}\n\nthis is no python"}, {"double"})["test_double"]
    assert item["earned"] == 0
    assert "SyntaxError" in item["reason"]


def test_imports_from_the_future_hold_for_the_rest_of_the_cell(zygote, toy):
    source = "from __future__ import annotations\n\ndef double(x: NotThere) -> NorThis:\n    return x + x"
    assert examine(zygote, toy, {"double": source}, {"double"})["test_double"]["earned"] == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("async def double(x):\n    return x + x", "write the function with `def` alone"),
        ("def double(x):\n    yield x + x", "return the value instead"),
        ("def double(x):\n    return lambda: x + x", "return what it gives, with parentheses"),
        ("import torch\ndef double(x):\n    return [torch.ones(2), torch.ones(2)]", "Twice 2 is 4."),
    ],
)
def test_a_result_of_another_kind_gets_a_sentence(zygote, toy, source, words):
    item = examine(zygote, toy, {"double": source}, {"double"})["test_double"]
    assert item["earned"] == 0
    assert words in item["reason"]


def test_a_result_that_no_test_foresaw_is_described(zygote, toy):
    tests = [dataclasses.replace(test, source="assert double(2) >= 4") for test in toy.tests]
    source = "import torch\ndef double(x):\n    return [torch.ones(2), torch.ones(2)]"
    item = examine(zygote, dataclasses.replace(toy, tests=tuple(tests)), {"double": source}, {"double"})["test_double"]
    assert item["reason"].startswith("The result cannot be used: double gave a list of 2 (Tensor).")


def test_a_cell_that_is_too_long_says_so(zygote, toy):
    data = f"numbers = [{'1, ' * 3_500_000}]\n\n{RIGHT}"
    cell = {"cell_type": "code", "source": data, "metadata": {"nbgrader": {"grade_id": "double"}}}
    read = submission.read(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}).encode(), toy)
    assert any("characters and was left out" in flag for flag in read.flags)
    source = next(cell.source for cell in read.cells if "double" in cell.defines)
    item = examine(zygote, toy, {"double": source}, {"double"})["test_double"]
    assert item["earned"] == 0
    assert f"This cell has {len(data)} characters, and cells up to 200000 are run" in item["reason"]
