"""Is an author told what cannot cross to a sandbox before anybody is graded?"""

import collections
import dataclasses

import numpy as np
import pytest
import torch
from attacks.run import Grader

from grading.examine.explain.crossing import cannot_cross, obstacles
from grading.examine.self_test import self_test
from grading.masters.bundle import Bundle, Cell, Given
from grading.masters.bundle import Test as Graded  # pytest would collect it by its name
from grading.masters.notebook import NotebookError

SETUP = Cell("setup", "import collections\nimport numpy as np\nimport torch\nfrom cs182viz import gradcheck")


def bundle(function, test):
    name = function.split("(")[0].removeprefix("def ")
    return Bundle("small", (SETUP,), (Cell(name, function, (name,)),), (Graded(f"test_{name}", test, 1.0, name),))


@pytest.mark.parametrize(
    "value",
    [
        None,
        2**62,
        "text",
        [1, (2.5, {"a": np.eye(2)})],
        np.float32(2),
        torch.ones(2, dtype=torch.float16),
        torch.nn.Parameter(torch.ones(1)),
        np.zeros((0, 3), dtype=np.uint8),
    ],
)
def test_plain_values_cross(value):
    assert cannot_cross(value) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2**70, "integer of more than 64 bits"),
        (3j, "complex"),
        ({1, 2}, "builtins.set"),
        (np.array(["a"]), "dtype <U1"),
        (np.array([None]), "dtype object"),
        (torch.ones(1, dtype=torch.bfloat16), "bfloat16"),
        ({(0, 1): 2}, "key"),
        (collections.namedtuple("Pair", "a b")(1, 2), "Pair"),
        (collections.OrderedDict(), "OrderedDict"),
        (torch.nn.Linear(1, 1), "function or a class"),
        ((i for i in range(2)), "generator"),
    ],
)
def test_what_cannot_cross_is_said_in_words(value, words):
    assert words in cannot_cross(value)


def test_a_master_whose_values_are_plain_has_no_obstacle():
    assert obstacles(bundle("def twice(x):\n    return x + x", "assert twice(np.ones(2)).sum() == 4")) == []


@pytest.mark.parametrize(
    ("function", "test", "sentence"),
    [
        (
            "def tally(words):\n    return collections.Counter(words)",
            "assert tally(['a'])['a'] == 1",
            "test_tally gets from tally what cannot cross: a value of type collections.Counter cannot cross",
        ),
        (
            "def size(seen, more=0):\n    return len(seen) + more",
            "assert size({1, 2}, more=1) == 3",
            "test_size gives size something as `seen` that cannot cross: a value of type builtins.set",
        ),
        (
            "def apply(x, how):\n    return how(x)",
            "assert apply(2, abs) == 2",
            "test_apply gives apply a function or a class as `how`: give it values.",
        ),
        (
            "def grow(values):\n    values.append(1)",
            "some = []\ngrow(some)\nassert some == [1]",
            "test_grow has grow change the list, dictionary or frame `values` in place, which does not come back",
        ),
        (
            "def square(x):\n    return {(0, 0): (x * x).sum()}",
            "square(torch.ones(2))",
            "a key of a dictionary in the message is neither text nor a number",
        ),
    ],
)
def test_an_obstacle_names_the_test_the_function_and_the_argument(function, test, sentence):
    (said,) = obstacles(bundle(function, test))
    assert sentence in said
    assert said.endswith(".")


def test_numbers_changed_in_place_come_back_and_gradients_are_asked_for():
    zero = bundle("def zero(x):\n    x[:] = 0", "x = np.ones(2)\nzero(x)\nassert not x.any()")
    loss = bundle("def loss(x):\n    return (x * x).sum()", "gradcheck.value_and_grad(loss, torch.ones(2))")
    assert obstacles(zero) == obstacles(loss) == []


@pytest.fixture(scope="module")
def zygote(tmp_path_factory):
    return Grader(tmp_path_factory.mktemp("crossing")).zygote


@pytest.mark.parametrize("result", ["collections.Counter('a')", "{(0, 0): 1}", "{1}", "[1]", "{'a': (1, None)}"])
def test_the_grader_refuses_exactly_what_is_foretold(zygote, result):
    master = bundle(f"def f(x):\n    return {result}", "assert f(1) is not None")
    master = dataclasses.replace(master, given=(Given(SETUP.id, "setup", SETUP.source),))
    if obstacles(master):
        with pytest.raises(NotebookError, match="refused"):
            self_test(master, zygote=zygote, seeds=(1,))
    else:
        assert self_test(master, zygote=zygote, seeds=(1,)) is None


FRAME = "pd.DataFrame({'kind': ['a', 'b', 'a'], 'number': [1, 2, 4]})"


def about_frames(function, test):
    small = bundle(function, test)
    setup = dataclasses.replace(SETUP, source="import pandas as pd")
    return dataclasses.replace(small, setup=(setup,), given=(Given(setup.id, "setup", setup.source),))


def test_a_frame_goes_to_a_sandbox_and_another_comes_back(zygote):
    pytest.importorskip("pandas")
    master = about_frames(
        "def total(frame):\n    return frame.groupby('kind').sum()",
        f"found = total({FRAME})\n"
        "expected = pd.DataFrame({'number': [5, 2]}, index=pd.Index(['a', 'b'], name='kind'))\n"
        "pd.testing.assert_frame_equal(found, expected)",
    )
    assert obstacles(master) == []
    assert self_test(master, zygote=zygote, seeds=(1,)) is None


def test_a_frame_that_is_changed_in_place_is_an_obstacle():
    pytest.importorskip("pandas")
    master = about_frames("def mark(frame):\n    frame['new'] = 1", f"frame = {FRAME}\nmark(frame)")
    (said,) = obstacles(master)
    assert "the list, dictionary or frame `frame` in place" in said
