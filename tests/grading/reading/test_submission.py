"""Which cells of a submission are run, who counts as the answer, and what is a person told?"""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.reading.submission import MAX_BYTES, read
from grading.verdicts.verdict import State

DOUBLE = "def double(x):\n    return 2 * x"
MEAN = "def mean(values):\n    return sum(values) / len(values)"
STUB = 'def double(x):\n    raise NotImplementedError("double is not written yet")'


@pytest.fixture(scope="module")
def toy(build_course, tmp_path_factory):
    """The toy assignment's bundle, and a function that makes submissions from the released notebook."""
    course = build_course(tmp_path_factory.mktemp("course"))
    template = Assignment(course, "toy").released

    def submission(*, edit=lambda nb: None, **answers):
        nb = notebook.with_answers(template, {"double": DOUBLE, "mean": MEAN} | answers)
        edit(nb)
        return json.dumps(nb).encode()

    return Assignment(course, "toy").bundle, submission


def at(nb, name):
    return next(i for i, cell in enumerate(nb.cells) if notebook.grade_id(cell) == name or cell.get("id") == name)


def run(submission):
    """Execute the chosen cells as the sandbox would; errors end their cell only."""
    space = {}
    for cell in submission.cells:
        try:
            exec(cell.source, space)
        except Exception as error:
            space[f"error in {cell.id}"] = error
    return space


def test_an_honest_submission_runs_setup_and_answers_only(toy):
    given, make = toy
    result = read(make(), given)
    assert [(cell.id.split(": ")[-1], cell.defines) for cell in result.cells] == [
        ("imports", ()),
        ("double", ("double",)),
        ("mean", ("mean",)),
    ]
    assert (result.state, result.flags) == (State.GRADED, ())


def test_an_untouched_template_is_run_so_that_its_stub_speaks(toy):
    given, make = toy
    template = make(double=given.given[1].source)
    space = run(read(template, given))
    with pytest.raises(NotImplementedError, match="double is not written yet"):
        space["double"](1)


@pytest.mark.parametrize(
    ("edit", "flag"),
    [
        (lambda nb: nb.cells[at(nb, "test_double")].update(source="pass"), "test_double was edited"),
        (lambda nb: nb.cells.pop(at(nb, "test_double")), "test_double was deleted"),
        (lambda nb: nb.cells[at(nb, "test_double")].update(cell_type="raw"), "test_double was made into text"),
        (lambda nb: nb.cells.append(nb.cells.pop(at(nb, "double"))), "another order"),
        (lambda nb: nb.cells.append(nb.cells[at(nb, "test_double")]), "test_double is there 2 times"),
        (
            lambda nb: nb.cells[at(nb, "test_double")].metadata.nbgrader.update(grade_id="x") or nb.cells[3].pop("id"),
            "Ids that were not given out: x",
        ),
    ],
)
def test_a_touched_test_is_flagged_and_never_run(toy, edit, flag):
    given, make = toy
    result = read(make(edit=edit), given)
    assert result.state is State.REVIEW
    assert any(flag in said for said in result.flags), result.flags
    assert not any("assert" in cell.source for cell in result.cells)
    assert run(result)["double"](4) == 8


def test_the_last_complete_definition_counts_whatever_follows_it(toy):
    given, make = toy

    def edit(nb):
        place = at(nb, "double")
        first = nbformat.from_dict({**nb.cells[place], "source": "def double(x):\n    return 0"})
        stub = nbformat.from_dict({**nb.cells[place], "source": f"helper = 3\n{STUB}\n"})
        nb.cells[place : place + 1] = [first, nb.cells[place], stub]

    result = read(make(edit=edit), given)
    space = run(result)
    assert space["double"](5) == 10
    assert space["helper"] == 3  # only the stub's lines are taken out
    assert result.state is State.REVIEW
    assert "double is defined in cells" in result.flags[0]


def test_a_broken_copy_does_not_replace_a_whole_answer(toy):
    given, make = toy

    def edit(nb):
        nb.cells.insert(
            at(nb, "double") + 1, nbformat.from_dict({**nb.cells[at(nb, "double")], "source": "def double("})
        )

    result = read(make(edit=edit), given)
    assert run(result)["double"](5) == 10
    assert [cell.defines for cell in result.cells if "def double(" in cell.source] == [("double",), ()]


def test_an_answer_in_another_cell_is_found_by_its_name(toy):
    given, make = toy

    def edit(nb):
        nb.cells[at(nb, "double")].source = "# see below"
        nb.cells.append(new_code_cell(DOUBLE))

    result = read(make(edit=edit), given)
    assert run(result)["double"](5) == 10
    assert result.state is State.GRADED


@pytest.mark.parametrize("source", ["double = lambda x: 2 * x", "%%time\n" + DOUBLE, "from math import fabs as double"])
def test_an_answer_may_be_bound_in_any_way(toy, source):
    given, make = toy
    result = read(make(double=source), given)
    assert [cell.source for cell in result.cells if "double" in cell.defines] == [source]


def test_changed_ids_do_not_lose_the_answer(toy):
    given, make = toy

    def edit(nb):
        cell = nb.cells[at(nb, "double")]
        cell.metadata.nbgrader["grade_id"] = cell["id"] = "doubled"

    result = read(make(edit=edit), given)
    assert run(result)["double"](5) == 10
    assert result.state is State.REVIEW


def test_a_syntax_error_leaves_its_cell_in_charge_of_its_function(toy):
    given, make = toy
    result = read(make(double="def double(x)\n    return 2"), given)
    assert [cell.defines for cell in result.cells] == [(), ("double",), ("mean",)]


def test_own_cells_run_and_demonstrations_only_if_an_answer_needs_them(toy):
    given, make = toy
    own = new_code_cell("scale = 1\nprint('hello')")

    def without_need(nb):
        nb.cells.insert(1, own)
        nb.cells[at(nb, "picture")].source += "\nfactor = 2"

    assert "factor" not in run(read(make(edit=without_need), given))
    needing = read(make(edit=without_need, double="def double(x):\n    return scale * factor * x"), given)
    assert any("factor = 2" in cell.source for cell in needing.cells)
    assert any(cell.source == own.source for cell in needing.cells)


def test_a_changed_demonstration_without_an_id_is_still_recognised(toy):
    given, make = toy

    def edit(nb):
        nb.cells[at(nb, "picture")] = new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1])", id="fresh")

    assert not any("matplotlib" in cell.source for cell in read(make(edit=edit), given).cells)


def test_a_damaged_setup_does_not_take_the_imports_away(toy):
    given, make = toy
    result = read(make(edit=lambda nb: nb.cells.pop(at(nb, "imports"))), given)
    assert result.cells[0].source == "import math\nimport random"


def test_metadata_is_dropped(toy):
    given, make = toy

    def edit(nb):
        nb.metadata["kernelspec"] = {"name": "r", "language": "R"}
        for cell in nb.cells:
            cell.metadata["tags"] = ["skip-execution", "raises-exception"]
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.update(points=1000, grade=True, solution=True)

    assert read(make(edit=edit), given).cells == read(make(), given).cells


def test_a_forbidden_name_is_flagged_through_its_alias(toy):
    given, make = toy
    given = type(given)(**{**vars(given), "forbidden": ("numpy.linalg.norm",)})
    source = "from numpy import linalg as la\n\n\ndef double(x):\n    return la.norm(x)"
    result = read(make(double=source), given)
    assert "uses numpy.linalg.norm" in " ".join(result.flags)
    assert read(make(double=source.replace("la.norm", "la.inv")), given).flags == ()


def test_an_old_notebook_is_converted(toy):
    given, _ = toy
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "input": source}
                    for source in (DOUBLE, MEAN)
                ]
            }
        ],
    }
    result = read(json.dumps(old).encode(), given)
    assert run(result)["mean"]([1, 3]) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"nbformat": 4, "cells": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"[1, 2]", "no notebook"),
        (b"{}", "no notebook"),
        (b'{"nbformat": 4, "cells": 3}', "no cells"),
        (b'{"nbformat": 3, "worksheets": 3}', "cannot be converted"),
        (b" " * (MAX_BYTES + 1), "MB"),
    ],
)
def test_what_is_no_notebook_is_unreadable_with_its_reason(toy, data, words):
    given, _ = toy
    result = read(data, given)
    assert result.state is State.UNREADABLE
    assert words in result.reason
    assert result.cells == ()


@pytest.mark.parametrize("cell", [3, None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}, []])
def test_a_malformed_cell_is_left_out_and_the_rest_is_read(toy, cell):
    given, make = toy
    content = json.loads(make())
    content["cells"].insert(0, cell)
    result = read(json.dumps(content).encode(), given)
    assert run(result)["double"](1) == 2
    assert result.state is State.REVIEW


@pytest.mark.parametrize(
    "source",
    [
        "(" * 50_000,
        "-" * 100_000 + "1",
        "a" + ".b" * 90_000,
        "\0",
        "x = " + "[" * 300 + "]" * 300,
        "\ud800",
        "if 1:\n\tx\n  y",
    ],
)
def test_no_source_breaks_the_reading(toy, source):
    given, make = toy
    result = read(make(edit=lambda nb: nb.cells.append(new_code_cell(source))), given)
    assert [cell.defines for cell in result.cells if cell.defines] == [("double",), ("mean",)]


def test_text_cells_are_no_code(toy):
    given, make = toy
    result = read(make(edit=lambda nb: nb.cells.append(new_markdown_cell("print(1)"))), given)
    assert not any("print(1)" in cell.source for cell in result.cells)
    assert read(json.dumps(new_notebook()).encode(), given).state is State.REVIEW
