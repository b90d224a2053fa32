"""Does every mistake of the catalogue cost points and get its name when it is handed in, and nothing else?"""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from attacks.run import examine

from grading.config import Course
from grading.config.settings import Settings
from grading.examine import shared_zygote
from grading.examine.explain import hints, shapes
from grading.examine.explain.compare import difference
from grading.examine.proxy import Call
from grading.masters.assignment import Assignment
from grading.masters.bundle import Wrong

COURSE = Course.from_environment()
LEAST = 0.9


@pytest.fixture(scope="module")
def zygote():
    return shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))


@pytest.mark.parametrize("name", COURSE.names())
def test_each_known_mistake_loses_points_and_most_are_recognised_by_name(zygote, name):
    bundle = Assignment(COURSE, name).bundle
    lost_nothing, about_a_broken_test, unknown = [], [], []
    for wrong in bundle.catalogue:
        entry = f"{wrong.function}__{wrong.name}"
        items = examine(
            zygote, bundle, {wrong.function: wrong.source}, {wrong.function, *bundle.behind(wrong.function)}
        )
        own = [items[test.grade_id] for test in bundle.tests if test.function == wrong.function]
        if all(item["earned"] == item["points"] for item in own):
            lost_nothing.append(entry)
        if any("NameError" in item["reason"] for item in own):
            about_a_broken_test.append(entry)
        if wrong.name not in {item["misconception"] for item in items.values()}:
            unknown.append(entry)
    assert (lost_nothing, about_a_broken_test) == ([], [])
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
        return "+".join(wrong.name for wrong in found)

    assert toy.tests[0].function == "double"
    assert known(toy) == "square"
    assert known(dataclasses.replace(toy, catalogue=(endless, *toy.catalogue))) == ""


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


TWO = {
    "channels summed, and the map scaled to 1": (
        "saliency",
        """
def compute_saliency_maps(X, y, model):
    images = X.clone()
    images.requires_grad = True
    correct = model(images).gather(1, y.view(-1, 1)).squeeze(1)
    correct.backward(torch.ones(len(y), dtype=correct.dtype))
    result = images.grad.data.abs().sum(dim=1)
    for n in range(len(result)):
        result[n] = result[n] / result[n].max()
    return result
""",
        {"sum_over_channels", "scaled_to_one"},
    ),
    "cross-entropy, and no absolute value": (
        "saliency",
        """
def compute_saliency_maps(X, y, model):
    images = X.clone().requires_grad_(True)
    loss = -torch.log_softmax(model(images), 1)[range(len(y)), y].sum()
    g = torch.autograd.grad(loss, images)[0]
    result, _ = torch.max(g, dim=1)
    return result
""",
        {"loss_instead_of_score", "no_absolute_value"},
    ),
    "the penalty detached, and downhill": (
        "class_visualization",
        """
def class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    x = img.data.clone().requires_grad_(True)
    penalty = l2_reg * (x ** 2).sum().item()
    value = model(x)[0][target_y] - penalty
    value.backward()
    img.data -= x.grad * learning_rate
""",
        {"penalty_detached", "descent"},
    ),
    "the mean subtracted, and divided by the positions": (
        "style_transfer",
        """
def gram_matrix(features, normalize=True):
    n, c, h, w = features.shape
    flat = features.view(n, c, -1)
    flat = flat - flat.mean(-1, keepdim=True)
    out = torch.bmm(flat, flat.permute(0, 2, 1))
    return out / (h * w) if normalize else out
""",
        {"mean_subtracted", "divided_by_positions"},
    ),
}


@pytest.mark.parametrize("what", TWO)
def test_two_mistakes_at_once_are_both_named(zygote, what):
    assignment, source, expected = TWO[what]
    function = source.split("def ")[1].split("(")[0]
    items = examine(zygote, Assignment(COURSE, assignment).bundle, {function: source}, {function})
    item = items[f"test_{function}"]
    assert set(item["misconception"].split(" + ")) == expected
    assert item["hint"].startswith("Two mistakes at once. ")


ONE_PICTURE = """
def gram_matrix(features, normalize=True):
    N, C, H, W = features.shape
    rows = features.view(C, H * W)
    gram = rows @ rows.t()
    return (gram / (C * H * W) if normalize else gram).view(1, C, C)
"""
FORGOT_N = """
def gram_matrix(features, normalize=True):
    channels, height, width = features.shape[1:]
    rows = features.view(channels, height * width)
    return rows.mm(rows.T) / (channels * height * width)
"""


@pytest.mark.parametrize(
    ("source", "earned"),
    [(ONE_PICTURE, {"test_gram_matrix": 22, "test_gram_matrix_not_normalized": 3}), (FORGOT_N, {})],
)
def test_a_crash_is_told_by_its_shapes_and_not_by_its_kind(zygote, source, earned):
    bundle = Assignment(COURSE, "style_transfer").bundle
    items = examine(zygote, bundle, {"gram_matrix": source}, {"gram_matrix"})
    assert {name: item["earned"] for name, item in items.items() if item["earned"]} == earned
    item = items["test_gram_matrix_several_pictures"]
    assert item["misconception"] in ("", "one_picture_built_in")
    assert "square" not in item["hint"]
    assert "This call had features of shape (2, 2, 1, 3)" in item["reason"] or item["hint"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("x.reshape(1, 3, 5, 5).sum(dim=(1, 2, 3))", "has length 1, and here it has 4: some line is for one alone."),
        ("x.squeeze().sum(dim=(1, 2, 3))", "has length 2, and here it has 1: some line drops an axis of length 1."),
        ("(x + x.mT).sum(dim=(1, 2, 3))", "equal, and here they are 5 and 6: some line takes one for the other."),
    ],
)
def test_it_is_said_on_which_shape_a_crash_depends(body, sentence):
    crashing = {}
    exec(f"import torch\ndef f(x):\n    return {body}", crashing)
    sizes = (1, 3, 5, 5) if "squeeze" in body else (4, 3, 5, 5) if "reshape" in body else (2, 3, 5, 6)

    def ask(questions):
        return [answered(crashing["f"], question.args) for question in questions]

    def answered(function, args):
        try:
            return Call("f", args, {}, False, function(*args), {}, identities=(0,))
        except (RuntimeError, IndexError) as error:
            return Call("f", args, {}, False, None, {}, f"{type(error).__name__}: {error}", identities=(0,))

    failed = answered(crashing["f"], (torch.ones(sizes),))
    assert failed.error
    said = shapes.explain(failed, lambda x: x.sum(dim=(1, 2, 3)), ask)
    assert said.startswith(f"This call had x of shape {sizes}.")
    assert said.endswith(sentence)


def test_an_answer_that_dies_under_the_questions_is_not_named(zygote, toy):
    # on the first input it does what `untouched` does; what it would do on the others, nobody can see
    strange = "def double(x):\n    import os\n    return x if x == 2 else os._exit(1)"
    item = examine(zygote, toy, {"double": strange})["test_double"]
    assert (item["state"], item["misconception"]) == ("zero", "")
