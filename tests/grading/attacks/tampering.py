"""Notebooks whose cells are not where, what or how many they were."""

import nbformat
from nbformat.v4 import new_code_cell

from .attack import RIGHT, Attack, double, extra, place, zero

_WRONG = {"double": zero("wrong")}
_CHEAT = double("return x")


def _test(**change):
    return lambda nb: nb.cells[place(nb, "test_double")].update(change)


def _tag(nb):
    for cell in nb.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    nb.cells[place(nb, "test_double")].metadata.nbgrader.update(grade=False, points=0)


def _to_the_front(nb):
    nb.cells.insert(0, nb.cells.pop(place(nb, "test_double")))


def _copy(source):
    def edit(nb):
        where = place(nb, "double")
        nb.cells.insert(where + 1, nbformat.from_dict({**nb.cells[where], "source": source}))

    return edit


def _rename(nb):
    cell = nb.cells[place(nb, "double")]
    cell.metadata.nbgrader["grade_id"] = cell["id"] = "my-answer"


def _move_answer(nb):
    nb.cells[place(nb, "double")].source = "# my answer is in the last cell"
    nb.cells.append(new_code_cell(RIGHT["double"]))


def _kernel(nb):
    nb.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


def _split(nb):
    where = place(nb, "double")
    second = nbformat.from_dict({**nb.cells[where], "source": "    return 2 * x"})
    nb.cells[where].source = "def double(x):"
    nb.cells.insert(where + 1, second)


TAMPERING = (
    Attack(18, "tags that skip the tests", _CHEAT, _WRONG, edit=_tag, cheats=True),
    Attack(19, "test cell edited", _CHEAT, _WRONG, edit=_test(source="pass"), state="to review", cheats=True),
    Attack(
        19,
        "test cell deleted",
        _CHEAT,
        _WRONG,
        edit=lambda nb: nb.cells.pop(place(nb, "test_double")),
        state="to review",
        cheats=True,
    ),
    Attack(19, "test cell moved to the front", {}, {}, edit=_to_the_front, state="to review"),
    Attack(
        19, "test cell made into text", _CHEAT, _WRONG, edit=_test(cell_type="markdown"), state="to review", cheats=True
    ),
    Attack(
        20,
        "answer copied, the copy is wrong",
        {},
        _WRONG,
        edit=_copy("def double(x):\n    return x"),
        state="to review",
    ),
    Attack(
        20,
        "answer copied, the copy is the stub",
        {},
        {},
        edit=_copy("def double(x):\n    raise NotImplementedError"),
        state="to review",
    ),
    Attack(
        20, "answer split into two cells", {}, {"double": zero("error", "SyntaxError")}, edit=_split, state="to review"
    ),
    Attack(21, "id of an answer changed", {}, {}, edit=_rename, state="to review"),
    Attack(
        22,
        "extra cells and imports",
        double("return helper(x)", ""),
        edit=extra("import functools, operator\nhelper = functools.partial(operator.mul, 2)", first=True),
    ),
    Attack(22, "an extra cell that fails", {}, {}, edit=extra("1 / 0", first=True)),
    Attack(23, "answer in another cell", {}, {}, edit=_move_answer),
    Attack(32, "another kernel in the metadata", {}, {}, edit=_kernel),
)
