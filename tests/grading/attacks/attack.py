"""What an attack is: a change to a right submission of a small assignment, and the outcome that it must have."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.masters import notebook

SETUP = """import math
import sys

import numpy as np
import torch

from cs182viz import checks
from cs182viz.zoo import tiny_network"""

DOUBLE = '''def double(x):
    """Return twice the tensor x, of any shape; x itself is left unchanged."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''
TEST_DOUBLE = """x = torch.tensor([1.0, 2.0])
expected = torch.tensor([2.0, 4.0])
checks.expect_close(double(x.clone()), expected, "Twice the tensor")
### BEGIN HIDDEN TESTS
for shape in [(7,), (3, 4)]:
    x = torch.randn(shape, dtype=torch.float64)
    given = x.clone()
    expected = x + x
    np.testing.assert_allclose(double(given).numpy(), expected.numpy())
    assert torch.allclose(double(given), expected), "Try other tensors."
    checks.expect_unchanged(x, given, "x")
### END HIDDEN TESTS"""

MEAN = '''def mean(values):
    """Return the mean of an array."""
    ### BEGIN SOLUTION
    return values.sum() / values.size
    ### END SOLUTION'''
TEST_MEAN = """checks.expect_close(mean(np.array([1.0, 3.0])), 2.0, "The mean of 1 and 3")
### BEGIN HIDDEN TESTS
values = np.random.rand(9)
checks.expect_close(mean(values), math.fsum(values) / 9, "The mean of nine numbers")
### END HIDDEN TESTS"""

SCORES = '''def scores(X, model):
    """Return the scores of the pictures X."""
    ### BEGIN SOLUTION
    return model(X)
    ### END SOLUTION'''
TEST_SCORES = """network = tiny_network(seed=1)
X = torch.linspace(-1, 1, 3 * 8 * 8, dtype=torch.float64).reshape(1, 3, 8, 8)
checks.expect_close(scores(X, network), network(X), "The scores")
### BEGIN HIDDEN TESTS
X = torch.randn(2, 3, 9, 8, dtype=torch.float64)
checks.expect_close(scores(X, network), network(X), "The scores of two pictures")
### END HIDDEN TESTS"""
FOURFOLD = '''def fourfold(x):
    """Return four times the tensor x, by doubling it twice."""
    ### BEGIN SOLUTION
    return double(double(x))
    ### END SOLUTION'''
TEST_FOURFOLD = """x = torch.tensor([1.0, 2.0])
checks.expect_close(fourfold(x.clone()), torch.tensor([4.0, 8.0]), "Four times the tensor")
### BEGIN HIDDEN TESTS
x = torch.randn(5, dtype=torch.float64)
checks.expect_close(fourfold(x.clone()), 4 * x, "Four times five numbers")
### END HIDDEN TESTS"""
LINE = '''class Line:
    """A line through zero, which goes down the gradient of half the squared error."""

    def __init__(self, slope):
        ### BEGIN SOLUTION
        self.slope = slope
        self.steps = 0
        ### END SOLUTION

    def forward(self, x):
        """Return the slope times x."""
        ### BEGIN SOLUTION
        self.x = x
        return self.slope * x
        ### END SOLUTION

    def backward(self, grad):
        """Return the gradient with respect to the slope, of the latest x."""
        ### BEGIN SOLUTION
        return (grad * self.x).sum()
        ### END SOLUTION

    def step(self, grad, rate):
        """Go a step down, and return the line itself."""
        ### BEGIN SOLUTION
        self.slope = self.slope - rate * self.backward(grad)
        self.steps += 1
        return self
        ### END SOLUTION'''
TEST_LINE = """line = Line(3.0)
x = torch.tensor([1.0, 2.0])
checks.expect_close(line.forward(x), 3 * x, "The line at 1 and 2")
### BEGIN HIDDEN TESTS
slope = float(torch.randn(()))
line, other = Line(slope), Line(slope + 1)
x, grad = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
checks.expect_close(other.forward(2 * x), 2 * (slope + 1) * x, "Another line")
checks.expect_close(line.forward(x), slope * x, "The line at five numbers")
checks.expect_close(line.backward(grad), (grad * x).sum(), "The gradient")
assert line.step(grad, 0.1).steps == 1, "After one step, `steps` should be 1, and `step` should return the line."
checks.expect_close(line.slope, slope - 0.1 * (grad * x).sum(), "The slope after a step")
### END HIDDEN TESTS"""
WITH_COST = '''def with_cost(table):
    """Return the table with one more column, `cost`: its price times its pieces."""
    ### BEGIN SOLUTION
    return table.assign(cost=table["price"] * table["pieces"])
    ### END SOLUTION'''
TEST_WITH_COST = """import pandas as pd

table = pd.DataFrame({"price": [1.5, 2.0], "pieces": [2, 3]})
pd.testing.assert_frame_equal(with_cost(table.copy()), table.assign(cost=[3.0, 6.0]))
### BEGIN HIDDEN TESTS
table = pd.DataFrame({"price": np.random.rand(5), "pieces": np.random.randint(1, 9, 5)})
given = table.copy()
came = with_cost(given)
assert came["cost"].equals(given["price"] * given["pieces"]), "Try other tables."
pd.testing.assert_frame_equal(came, table.assign(cost=table["price"] * table["pieces"]))
### END HIDDEN TESTS"""
PICTURE = """import matplotlib.pyplot as plt

plt.plot(double(torch.arange(4.0)))"""

RIGHT = {"double": "def double(x):\n    return 2 * x", "mean": "def mean(values):\n    return values.mean()"}
RIGHT["scores"] = "def scores(X, model):\n    return model(X)"
RIGHT["Line"] = """
class Line:
    def __init__(self, slope):
        self.slope, self.steps = slope, 0

    def forward(self, x):
        self.x = x.clone()
        return x * self.slope

    def backward(self, grad):
        return grad @ self.x

    def step(self, grad, rate):
        self.slope -= rate * self.backward(grad)
        self.steps = self.steps + 1
        return self
""".strip()
RIGHT["with_cost"] = "def with_cost(table):\n    return table.assign(cost=table.price * table.pieces)"
RIGHT["fourfold"] = "def fourfold(x):\n    return double(double(x))"
ASSIGNMENTS = {
    "twice": [("double", DOUBLE, TEST_DOUBLE, 4), ("mean", MEAN, TEST_MEAN, 3), ("scores", SCORES, TEST_SCORES, 2)],
    "fourfold": [("double", DOUBLE, TEST_DOUBLE, 4), ("fourfold", FOURFOLD, TEST_FOURFOLD, 5)],
    "line": [("Line", LINE, TEST_LINE, 4), ("double", DOUBLE, TEST_DOUBLE, 5)],
    "table": [("with_cost", WITH_COST, TEST_WITH_COST, 4), ("mean", MEAN, TEST_MEAN, 5)],
}
"""Function, its cell, its test and its points, by assignment; in the second one, a function calls another, in the third
one, the first answer is a class, in the fourth one a pandas frame crosses."""
Edit = Callable[[NotebookNode], object]


@dataclass(frozen=True)
class Expected:
    """What has to come of an item: "full", "zero" or "to review", the kind of reason, and words in it."""

    state: str = "full"
    kind: str = ""
    words: str = ""


@dataclass(frozen=True)
class Attack:
    """One submission.

    Parameters
    ----------
    line : the line of the list of attacks
    name : what it does, for people
    answers : source by function, right where missing; None leaves the cell as it was released
    edit : what else is done to the notebook
    data : the file's bytes instead of a notebook
    expected : by function; full points where missing
    state : where the submission has to stand
    stock : whether it is safe to run without a sandbox
    cheats : whether the answers are wrong, so that any point is stolen
    assignment : which of `ASSIGNMENTS` it is handed in for
    """

    line: int
    name: str
    answers: Mapping[str, str | None] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)
    edit: Edit | None = None
    data: bytes | None = None
    state: str = "graded"
    stock: bool = True
    cheats: bool = False
    assignment: str = "twice"

    @property
    def slug(self) -> str:
        return f"{self.line:02}-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def submission(self, released: NotebookNode) -> bytes:
        """The file that the student hands in."""
        if self.data is not None:
            return self.data
        answers = {name: source for name, source in {**RIGHT, **self.answers}.items() if source is not None}
        asked = notebook.answers(master(self.assignment))
        nb = notebook.with_answers(released, {name: answers[name] for name in asked if name in answers})
        if self.edit is not None:
            self.edit(nb)
        return json.dumps(nb).encode()


def zero(kind: str, words: str = "") -> Expected:
    return Expected("zero", kind, words)


def double(body: str, before: str = "") -> dict[str, str]:
    """An answer for `double` with this body, after some lines at the top of its cell."""
    indented = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return {"double": f"{textwrap.dedent(before).strip()}\n\n\ndef double(x):\n{indented}".strip()}


def place(nb: NotebookNode, name: str) -> int:
    """Where a cell is, by its grade_id."""
    return next(i for i, cell in enumerate(nb.cells) if notebook.grade_id(cell) == name)


def extra(source: str, *, first: bool = False) -> Edit:
    """An edit that adds a cell of the student's own."""
    return lambda nb: nb.cells.insert(0 if first else len(nb.cells), new_code_cell(source))


def master(name: str = "twice") -> NotebookNode:
    """An assignment under attack."""
    cells = [new_markdown_cell("# Twice", id="title"), new_code_cell(SETUP, id="imports", metadata={"tags": ["setup"]})]
    for question, source, test, points in ASSIGNMENTS[name]:
        cells.append(_cell(question, source, grade=False, solution=True, locked=False))
        cells.append(_cell(f"test_{question}", test, grade=True, solution=False, locked=True, points=points))
    cells.append(new_code_cell(PICTURE, id="picture"))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.from_dict(new_notebook(cells=cells, metadata=kernel))


def _cell(name: str, source: str, **about: object) -> NotebookNode:
    return new_code_cell(
        source, id=name, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **about}}
    )
