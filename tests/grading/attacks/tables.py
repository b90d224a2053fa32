"""Attacks by pandas frames: only plain columns cross, and a frame is made anew from them on the other side."""

import textwrap

from .attack import RIGHT, Attack, Expected, zero

_AGREE = """
class Agree:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return hash("cost")
"""
_OWNED = """
import os


class Owned:
    def __reduce__(self):
        return os.system, ("touch /tmp/owned",)
"""
_TEXT_OF_ITS_OWN = """

from pandas.api.extensions import ExtensionArray, ExtensionDtype


class Text(ExtensionDtype):
    name, type = "str", str


class Sly(ExtensionArray):
    dtype = Text()

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return self.rows

    def __getitem__(self, key):
        return Agree("0.0") if isinstance(key, int) else self

    def copy(self):
        return self

    def tolist(self):
        return [Agree("0.0")] * self.rows
"""
_FORGED = """
import sys

import numpy as np

INDEX = ["numbers", np.arange(2), None]


def cross_as(parts):
    frame = sys._getframe()
    while "pack" not in frame.f_globals:
        frame = frame.f_back
    wire = frame.f_globals["pack"].__globals__
    wire["is_table"] = lambda value: type(value) is pd.DataFrame
    wire["flattened"] = lambda table: parts
    return pd.DataFrame()
"""
_NOT_IN_FORM = zero("refused", "What came back was refused: a frame in the message is not in the expected form")


def _table(name: str, body: str, expected: Expected | None, before: str = "") -> Attack:
    """An attack by a function `with_cost` with this body, after some lines at the top of its cell."""
    function = "def with_cost(table):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    answers = {"with_cost": "\n\n\n".join(["import pandas as pd", textwrap.dedent(before).strip(), function])}
    lost = {"with_cost": expected} if expected else {}
    return Attack(42, f"table: {name}", answers, lost, assignment="table", stock=False, cheats=expected is not None)


TABLES = (
    Attack(42, "table: right", {"with_cost": RIGHT["with_cost"]}, assignment="table", stock=False),
    _table(
        "a subclass that agrees with everything",
        "return Sly(table)",
        zero("refused", "a value of type __main__.Sly cannot cross"),
        """
        class Sly(pd.DataFrame):
            @property
            def _constructor(self):
                return Sly

            def equals(self, other):
                return True

            def __getitem__(self, key):
                return self
        """,
    ),
    _table(
        "a column of objects that equal everything",
        "return table.assign(cost=pd.Series([Agree()] * len(table), dtype=object))",
        zero("refused", "a column in a frame holds a Agree"),
        _AGREE,
    ),
    _table(
        "a label that is an object and equals everything",
        "return table.assign(cost=0.0).set_axis(['price', 'pieces', Agree()], axis=1)",
        zero("refused", "a label of a frame is a Agree"),
        _AGREE,
    ),
    _table(
        "a label that is text of its own kind",
        "return table.assign(cost=0.0).set_axis(pd.Index(['price', 'pieces', Sly('?')], dtype=object), axis=1)",
        zero("refused", "a label of a frame is a Sly"),
        _AGREE.replace("class Agree:", "class Sly(str):"),
    ),
    _table(
        "an index that runs code when unpickled",
        "return table.set_index(pd.Index([Owned() for _ in table.index]))",
        zero("refused", "the index in a frame holds a Owned"),
        _OWNED,
    ),
    _table(
        "objects among the attributes of a frame",
        """
        came = table.assign(cost=0.0)
        came.attrs = {"cost": Agree(), "owned": Owned()}
        return came
        """,
        zero("wrong"),
        f"{_OWNED}\n{_AGREE}",
    ),
    _table(
        "a frame of gigabytes",
        "return pd.DataFrame({'cost': np.zeros(10**9)})",
        zero("memory"),
        "import numpy as np",
    ),
    _table(
        "a frame of ten thousand columns",
        "return pd.DataFrame(np.zeros((2, 10_000)))",
        zero("refused", "a frame of 10000 columns cannot cross"),
        "import numpy as np",
    ),
    _table(
        "a frame within a frame",
        "return table.assign(cost=pd.Series([table] * len(table), dtype=object))",
        zero("refused", "a column in a frame holds a DataFrame"),
    ),
    _table(
        "a column of a type of its own that says it is text",
        "return table.assign(cost=pd.Series(Sly(len(table))))",
        zero("refused", "a column in a frame holds a Agree"),
        _AGREE.replace("class Agree:", "class Agree(str):") + _TEXT_OF_ITS_OWN,
    ),
    _table("a column of categories", "return table.assign(cost=table.price.astype('category'))", zero("refused")),
    _table(
        "the given frame changed so that the wrong cost fits",
        """
        if len(table) == 2:
            return table.assign(cost=table["price"] * table["pieces"])
        table["price"] = 0.0
        return table.assign(cost=0.0)
        """,
        zero("wrong", "Try other tables."),
    ),
    _table(
        "patched pandas.testing and DataFrame.equals",
        "return table.assign(cost=0.0)",
        zero("wrong"),
        """
        pd.testing.assert_frame_equal = lambda *args, **options: None
        pd.DataFrame.equals = pd.Series.equals = pd.DataFrame.__eq__ = lambda self, other: True
        """,
    ),
    _table(
        "forged columns that are not equally long",
        "return cross_as([False, ['cost'], None, INDEX, [['numbers', np.zeros(9), 'cost']]])",
        zero("refused", "the columns of a frame in the message are not equally long"),
        _FORGED,
    ),
    _table(
        "forged columns of another kind, labels that are lists",
        "return cross_as([False, [['cost']], {'a': 1}, INDEX, [['code', ['print(1)', ''], 'cost']]])",
        _NOT_IN_FORM,
        _FORGED,
    ),
    _table(
        "a forged series with three labels and no column",
        "return cross_as([True, ['price', 'pieces', 'cost'], None, INDEX, []])",
        _NOT_IN_FORM,
        _FORGED,
    ),
    _table(
        "forged labels that are all the same",
        "return cross_as([False, ['cost'] * 3, None, INDEX, [['numbers', np.array([3.0, 6.0]), 'cost']] * 3])",
        zero("wrong"),
        _FORGED,
    ),
)
