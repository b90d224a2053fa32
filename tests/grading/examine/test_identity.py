"""Does a function that is given the same tensor twice meet what it left there?"""

import json

import pytest
from attacks.run import examine

from grading.config import Course
from grading.config.settings import Settings
from grading.examine import shared_zygote
from grading.masters.assignment import Assignment
from grading.masters.solutions import misconceptions

ASSIGNMENTS = ("class_visualization", "fooling")
STALE = [(name, entry) for name in ASSIGNMENTS for entry in misconceptions(name) if "stale" in entry.name]


@pytest.fixture(scope="module")
def zygote():
    return shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))


@pytest.mark.parametrize(("name", "entry"), STALE, ids=[f"{name}-{entry.function}" for name, entry in STALE])
def test_a_gradient_that_was_never_cleared_costs_the_points_of_its_function(zygote, name, entry):
    items = examine(zygote, Assignment(Course.from_environment(), name).bundle, {entry.function: entry.source})
    lost = {test for test, item in items.items() if item["earned"] < item["points"]}
    assert lost
    assert all(test.startswith(f"test_{entry.function}") for test in lost), lost
