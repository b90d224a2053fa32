"""Two of each page in one notebook: what one does in the first, the second does not notice."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

TWICE = """
from IPython.display import display
from cs182viz import demos

display(demos.{name}(), demos.{name}())
"""
COUNT = """([number, canvas, key]) => {
    const page = document.querySelectorAll('.cs182viz-demo')[number];
    return Number(page.querySelector(canvas)?.dataset[key] ?? -1);
}"""


class Pair:
    """Two pages of a kind, and how far each is: a number that changes while it runs, of a canvas."""

    def __init__(self, page, canvas="", key=""):
        self.page, self.canvas, self.key = page, canvas, key

    def __getitem__(self, which):
        return self.page.locator(".cs182viz-demo").nth(which)

    def count(self, which):
        return self.page.evaluate(COUNT, [which, self.canvas, self.key])

    def moves(self, which):
        where = [which, self.canvas, self.key]
        before = self.page.evaluate(COUNT, where)
        self.page.wait_for_function(f"([before, where]) => ({COUNT})(where) !== before", arg=[before, where])

    def stop(self, which):
        self[which].get_by_role("button", name="Stop").click()
        self[which].locator(".status", has_text="Stopped.").wait_for()

    def run_apart(self):
        """The first goes on and the second is stopped: only the first moves."""
        self[0].get_by_role("button", name="Go on").click()
        self.moves(0)
        self.stop(1)
        still = self.count(1)
        self.moves(0)
        assert self.count(1) == still


def cells(pair):
    second = pair[1].locator("textarea.code")
    untouched = second.input_value()
    pair[0].locator("textarea.code").fill("int first;")
    pair[0].locator(".coloured pre", has_text="int first;").wait_for()
    assert second.input_value() == untouched
    second.fill("int second;")
    pair[1].locator(".coloured pre", has_text="int second;").wait_for()
    assert pair[0].locator("textarea.code").input_value() == "int first;"
    assert pair[0].locator(".coloured pre").inner_text() == "int first;"


def digits(pair):
    pair.run_apart()
    pair.stop(0)
    says = [pair[which].locator(".digit-bars").inner_text() for which in range(2)]
    pair[0].locator(".pad canvas").focus()
    for key in ("Space", *["ArrowDown"] * 8, "Space"):
        pair.page.keyboard.press(key)
    pair.page.wait_for_function(
        "([number, text]) => document.querySelectorAll('.digit-bars')[number].innerText !== text", arg=[0, says[0]]
    )
    assert pair[1].locator(".digit-bars").inner_text() == says[1]


def autoencoder(pair):
    pair.run_apart()
    pair[0].locator(".plane canvas").focus()
    pair.page.keyboard.press("ArrowRight")
    pair[0].locator("h3", has_text="At (0.1").wait_for()
    assert pair[1].locator("h3", has_text="At (0.00, 0.00)").is_visible()
    pair.stop(0)


def agent(pair):
    pair.run_apart()
    number = pair[0].get_by_label("State of the map")
    number.fill("4321")
    number.press("Enter")
    pair.moves(0)
    assert pair[1].get_by_label("State of the map").input_value() == "0"
    assert pair[1].locator(".status", has_text="Stopped.").is_visible()
    pair.stop(0)


KINDS = {
    "Cells": (cells, "", ""),
    "Digits": (digits, "canvas.chart", "step"),
    "Autoencoder": (autoencoder, ".plane canvas", "step"),
    "Agent": (agent, ".atlas canvas", "state"),
}


@pytest.mark.parametrize("name", KINDS)
def test_two_at_once_are_apart(name, notebook, lectures, errors, snap):
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    cell = new_code_cell(TWICE.format(name=name))
    nbformat.write(new_notebook(cells=[cell], metadata=python), lectures / "demos" / "twice.ipynb")
    check, canvas, key = KINDS[name]
    page = notebook("demos/twice.ipynb")
    check(Pair(page, canvas, key))
    snap(page, f"twice_{name}")
    assert errors == []
