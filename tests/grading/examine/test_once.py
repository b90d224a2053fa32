"""An error counts once: what is right apart from what it calls keeps its points, and nothing can be stolen."""

import json

import numpy as np
import pytest
import torch
from attacks.run import examine

from cs182viz import zoo
from grading.config import Course
from grading.config.settings import Settings
from grading.examine import behind as behind_module
from grading.examine import shared_zygote
from grading.examine.behind import Behind
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle, Cell
from grading.sandbox.message_limits import WireError
from grading.sandbox.stand_in import StandIn
from grading.sandbox.values import named
from grading.sandbox.wire import pack, unpack

COURSE = Course.from_environment()
# the error that stands elsewhere: the function that is wrong, how, and which items are right apart from it
ERRORS = [
    ("style_transfer", "gram_matrix", "return torch.zeros(1)", {"test_style_loss"}),
    ("style_transfer", "gram_matrix", "raise NotImplementedError('not written yet')", {"test_style_loss"}),
    ("inversion", "tv_norm", "return img.sum()", {"test_inversion_loss_priors"}),
    ("fooling", "fooling_step", "return X", {"test_make_fooling_image_outcome", "test_make_fooling_image_steps"}),
    (
        "tsne",
        "pairwise_squared_distances",
        "return np.zeros((len(X), len(X)))",
        {"test_sne_q", "test_sne_gradient", "test_tsne_q", "test_tsne_gradient"},
    ),
]


@pytest.fixture(scope="module")
def zygote():
    return shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))


def wrong_version(bundle, function, body):
    """The master's cell of a function with another body."""
    (source,) = [cell.source for cell in bundle.answers if cell.id == function]
    head = next(line for line in source.splitlines() if line.startswith("def "))
    return f"{head}\n    {body}"


@pytest.mark.parametrize(("name", "function", "body", "kept"), ERRORS)
def test_what_is_right_apart_from_an_error_elsewhere_keeps_its_points(zygote, name, function, body, kept):
    bundle = Assignment(COURSE, name).bundle
    items = examine(zygote, bundle, {function: wrong_version(bundle, function, body)})
    own = {test.grade_id for test in bundle.tests if test.function == function}
    assert {key for key, item in items.items() if item["earned"] == 0} == own
    apart = {key for key, item in items.items() if item["kind"] == "apart"}
    assert kept <= apart
    for key in apart:
        assert items[key]["reason"].startswith(f"Right, apart from {function}:")
        assert items[key]["state"] == "full"


def test_two_errors_elsewhere_are_both_named(zygote):
    bundle = Assignment(COURSE, "inversion").bundle
    answers = {name: wrong_version(bundle, name, "return 7 * img.sum()") for name in ("alpha_norm", "tv_norm")}
    item = examine(zygote, bundle, answers, {"inversion_loss"})["test_inversion_loss_priors"]
    assert item["reason"].startswith("Right, apart from alpha_norm and tv_norm:")
    assert item["earned"] == item["points"]


def test_two_errors_count_twice(zygote):
    bundle = Assignment(COURSE, "style_transfer").bundle
    answers = {
        "gram_matrix": wrong_version(bundle, "gram_matrix", "return features.sum()"),
        "style_loss": wrong_version(bundle, "style_loss", "return 3 * gram_matrix(feats[style_layers[0]]).sum()"),
    }
    items = examine(zygote, bundle, answers)
    lost = {test.function for test in bundle.tests if items[test.grade_id]["earned"] == 0}
    assert lost == {"gram_matrix", "style_loss"}


def test_what_is_answered_in_a_second_examination_earns_nothing_elsewhere(zygote):
    """The thief's style_loss has the right gram matrix computed for it, and leaves everything for the thief's own."""
    bundle = Assignment(COURSE, "style_transfer").bundle
    (right,) = [cell.source for cell in bundle.answers if cell.id == "style_loss"]
    thief = """
import builtins, os, pathlib, torch
LOOT = pathlib.Path("loot.pt")

def gram_matrix(features, normalize=True):
    inputs = pathlib.Path("wanted.pt")
    wanted = torch.load(inputs) if inputs.exists() else []
    torch.save([*wanted, features.detach()], inputs)
    loot = torch.load(LOOT) if LOOT.exists() else []
    for given, answer in loot + getattr(builtins, "loot", []):
        if given.shape == features.shape and torch.equal(given, features):
            return answer
    return torch.zeros(1)
"""
    asking = (
        right
        + """

_plain = style_loss

def style_loss(*args):
    inputs = pathlib.Path("wanted.pt")
    wanted = torch.load(inputs) if inputs.exists() else []
    loot = [(features, gram_matrix(features)) for features in wanted]
    builtins.loot = loot
    torch.save(loot, LOOT)
    return _plain(*args)
"""
    )
    items = examine(zygote, bundle, {"gram_matrix": thief, "style_loss": asking})
    assert items["test_gram_matrix"]["earned"] == 0
    assert items["test_style_loss"]["kind"] == "apart"


SETUP = Cell("imports", "import torch\nimport numpy as np")
BUNDLE = Bundle(
    "toy",
    (SETUP,),
    (
        Cell("inner", "def inner(x, scale=1.0):\n    return (scale * x**3).sum()", ("inner",)),
        Cell("edit", "def edit(x):\n    x += 1\n    return x", ("edit",)),
        Cell("large", "def large(n):\n    return np.ones((n, n))", ("large",)),
        Cell("endless", "def endless():\n    while True:\n        pass", ("endless",)),
        Cell("outer", "def outer(x):\n    return inner(edit(x)) + large(1)", ("outer",)),
        Cell("score", "def score(x, model):\n    return model(x)", ("score",)),
    ),
    (),
)
NAMES = ("inner", "edit", "large", "endless", "score")


@pytest.fixture
def behind():
    return Behind(BUNDLE, {"torch": torch, "np": np}, NAMES)


def crossing(behind, name):
    """The stand-in of a function, as the sandbox has it, with every message packed and unpacked."""

    def ask(question):
        arrived = unpack(pack(question, named=named), resolve=behind.resolve)
        return unpack(pack(behind.answer(arrived), named=behind.offer))

    return StandIn(name, ask)


def test_the_functions_behind_an_answer_are_those_that_the_masters_calls():
    assert BUNDLE.behind("outer") == ("inner", "edit", "large")
    assert BUNDLE.behind("inner") == ()
    assert Assignment(COURSE, "tsne").bundle.behind("sne_gradient") == (
        *("pairwise_squared_distances", "conditional_probabilities", "sne_q"),
    )


def test_the_gradient_crosses_as_well(behind):
    inner = crossing(behind, "inner")
    x = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    value = 2 * inner(x, scale=scale)
    value.backward()
    assert value.item() == pytest.approx(2 * 3 * (1 - 8 + 0.125))
    assert x.grad.tolist() == pytest.approx([2 * 3 * 3 * v**2 for v in (1.0, -2.0, 0.5)])
    assert scale.grad.item() == pytest.approx(2 * (1 - 8 + 0.125))
    assert torch.autograd.gradcheck(lambda x: inner(x, 2.0), (torch.randn(4, dtype=torch.float64, requires_grad=True),))
    with torch.no_grad():
        assert not inner(x).requires_grad
    assert behind.called == ["inner"]


def test_edits_in_place_and_errors_cross(behind):
    x = np.arange(3.0)
    assert crossing(behind, "edit")(x).tolist() == [1.0, 2.0, 3.0]
    assert x.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(TypeError, match="missing 1 required"):
        crossing(behind, "edit")()


@pytest.mark.parametrize(
    "question",
    [
        "what",
        {"function": "outer", "args": [], "kwargs": {}, "tracked": []},  # is not answered here
        {"function": "inner", "args": [], "kwargs": {}, "tracked": [0]},
        {"function": "inner", "args": "x", "kwargs": {}, "tracked": []},
        {"graph": 1, "upstream": torch.ones(())},
        {"graph": "1", "upstream": torch.ones(())},
        {},
    ],
)
def test_what_is_no_question_is_refused(behind, question):
    with pytest.raises(WireError):
        behind.answer(question)


def test_a_question_may_name_the_networks_that_were_sent_and_no_other(behind):
    model, other = zoo.tiny_network(1), zoo.tiny_network(2)
    assert behind.offer(model) == named(model)
    x = torch.randn(1, 3, 16, 16, dtype=torch.float64)
    score = crossing(behind, "score")
    assert torch.equal(score(x, model), model(x))
    with pytest.raises(WireError, match="was not given"):
        score(x, other)


def test_questions_are_bounded_in_memory_and_in_computing_time(behind, monkeypatch):
    answer = behind.answer({"function": "large", "args": [20_000], "kwargs": {}, "tracked": []})  # 3.2 GB
    assert "allocate" in answer["message"]
    monkeypatch.setattr(behind_module, "SECONDS", 0.3)
    short = Behind(BUNDLE, {"torch": torch, "np": np}, NAMES)
    endless = {"function": "endless", "args": [], "kwargs": {}, "tracked": []}
    assert short.answer(endless)["error"] == "TimeoutError"
    assert short.answer({"function": "inner", "args": [torch.ones(2)], "kwargs": {}, "tracked": []})["error"]
