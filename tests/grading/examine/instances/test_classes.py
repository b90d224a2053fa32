"""A class in an answer cell, from the stub to the hint."""

import json

import pytest
from attacks.attack import LINE, SETUP, TEST_LINE
from attacks.run import SETTINGS, examine
from nbformat.v4 import new_code_cell, new_notebook

from grading.author.mutants import mutants
from grading.author.skeleton import graded
from grading.examine.explain.crossing import obstacles
from grading.examine.self_test import self_test
from grading.examine.shared_zygote import zygote as shared
from grading.masters.bundle import Bundle, Cell, Given, Wrong
from grading.masters.bundle import Test as Graded  # pytest would collect it by its name
from grading.masters.notebook import NotebookError, check_master, defined
from grading.masters.solutions import rights, versions
from grading.masters.stub import stub_lines
from grading.reading.names import analyse

MISTAKES = '''"""Wrong versions of the line."""


class _right_Line:
    def __init__(self, slope):
        self.slope = slope
        self.steps = 0

    def forward(self, x):
        self.x = x
        return self.slope * x

    def backward(self, grad):
        return (grad * self.x).sum()

    def step(self, grad, rate):
        self.slope = self.slope - rate * self.backward(grad)
        self.steps += 1
        return self


class Line__mean(_right_Line):
    """You average the gradient: sum it, since the error is a sum."""

    def backward(self, grad):
        return (grad * self.x).mean()


class Line__up(_right_Line):
    """You go up the gradient: take the step away from the slope."""

    def step(self, grad, rate):
        self.slope = self.slope + rate * self.backward(grad)
        self.steps += 1
        return self
'''
FIT = """def fit(line, x, y, rate):
    return line.step(line.forward(x) - y, rate).slope
"""
TEST_FIT = """line = Line(1.0)
x = torch.tensor([1.0, 2.0])
assert abs(fit(line, x, 2 * x, 0.1) - 1.5) < 1e-6, "One step from 1 towards 2 should be 1.5."
assert line.steps == 1, "The line that was given should have gone the step."
"""


@pytest.fixture(scope="module")
def zygote():
    return shared(json.dumps(SETTINGS.to_json(), sort_keys=True))


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    path = tmp_path_factory.mktemp("line") / "misconceptions.py"
    path.write_text(MISTAKES)
    wrong = tuple(Wrong(entry.function, entry.name, entry.hint, entry.source) for entry in versions(path))
    right = tuple(Cell(entry.name, entry.source, (entry.function,)) for entry in rights(path.with_name("line.ipynb")))
    setup, answer = Cell("setup", SETUP), Cell("Line", LINE, ("Line",))
    fit = Cell("fit", FIT, ("fit",))
    tests = (Graded("test_Line", TEST_LINE, 4.0, "Line"), Graded("test_fit", TEST_FIT, 2.0, "fit"))
    given = (Given("setup", "setup", SETUP), Given("Line", "answer", LINE, ("Line",)))
    return Bundle("line", (setup,), (answer, fit), tests, wrong, given, (), right)


def test_the_master_earns_its_points_and_nothing_stands_in_the_way(zygote, line):
    self_test(line, zygote=zygote)
    assert obstacles(line) == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_known_mistake_of_a_method_is_recognised(zygote, line, number):
    wrong = line.catalogue[number]
    body = wrong.source.replace("_right_Line", "_Mine").replace("(grad * self.x)", "(self.x * grad)")
    item = examine(zygote, line, {"Line": body})["test_Line"]
    assert (item["earned"], item["misconception"], item["hint"]) == (0, wrong.name, wrong.hint)


def test_an_instance_is_given_to_a_function_of_the_students(zygote, line):
    items = examine(zygote, line, {"fit": FIT.replace("- y", "+ y")})
    assert items["test_Line"]["earned"] == 4
    assert items["test_fit"]["reason"] == "One step from 1 towards 2 should be 1.5."
    lazy = FIT.replace("line.step", "Line(line.slope).step").replace("line.forward(x)", "line.slope * x")
    assert "has no attribute 'x'" in examine(zygote, line, {"fit": lazy})["test_fit"]["reason"]


def test_a_network_that_an_instance_holds_must_stay_as_it_is(zygote):
    source = "class Scorer:\n    def __init__(self, model):\n        self.model = model\n\n"
    right = f"{source}    def scores(self, x):\n        return self.model(x)"
    test = (
        "network = tiny_network(seed=1)\nscorer = Scorer(network)\nx = torch.rand(1, 3, 8, 8, dtype=torch.float64)\n"
        "checks.expect_close(scorer.scores(x), network(x), 'The scores')"
    )
    setup, answer = Cell("setup", SETUP), Cell("Scorer", right, ("Scorer",))
    bundle = Bundle("small", (setup,), (answer,), (Graded("test_Scorer", test, 1.0, "Scorer"),))
    assert examine(zygote, bundle, {})["test_Scorer"]["reason"] == ""
    edit = "        [p.data.zero_() for p in self.model.parameters()]\n        return y"
    wrong = f"{source}    def scores(self, x):\n        y = self.model(x)\n{edit}"
    assert examine(zygote, bundle, {"Scorer": wrong})["test_Scorer"]["reason"] == (
        "Scorer.scores changed the weights of the network."
    )


def test_each_method_has_a_stub_of_its_own():
    stubs = stub_lines(LINE)
    assert [stub.split(" is not")[0] for stub in stubs] == [
        f'raise NotImplementedError("Line.{method}' for method in ("__init__", "forward", "backward", "step")
    ]


def test_a_class_is_an_answer_only_where_the_cell_is_named_after_it():
    assert defined("Line", LINE) == ["Line"]
    assert defined("f", f"{LINE}\n\n\ndef f():\n    pass") == ["f"]
    cell = graded(new_code_cell(LINE), "Lines", solution=True)
    with pytest.raises(NotebookError, match="the function or the class that students write there"):
        check_master(new_notebook(cells=[cell]))


def test_a_class_with_a_stub_in_it_is_not_complete():
    done = analyse(LINE).functions[0]
    left = analyse(LINE.replace("return (grad * self.x).sum()", 'raise NotImplementedError("not yet")')).functions[0]
    assert (done.name, done.first, done.complete, left.complete) == ("Line", 1, True, False)


def test_versions_of_a_class_hold_the_right_one_that_they_come_from(line):
    for wrong in line.catalogue:
        space = {}
        exec(wrong.source, space)
        assert space["Line"].__mro__[1].__name__ == "_right_Line"
        assert space["Line"].__doc__ is None


def test_mutants_of_a_class_are_edits_of_its_methods():
    lines = {mutant.becomes for mutant in mutants("Line", LINE)}
    assert {"return self.slope / x", "self.steps -= 1", "return (grad * self.x).mean()"} <= lines
