"""Pandas frames cross as plain columns: what comes out is pandas' own equal, and nothing but plain values went over."""

import numpy as np
import pytest

from grading.examine.explain.compare import difference
from grading.sandbox import frames
from grading.sandbox.message_limits import Limits, WireError
from grading.sandbox.wire import pack, unpack

pd = pytest.importorskip("pandas")

NUMBERS = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, np.nan, np.inf], "c": [True, False, True]})
TABLES = {
    "numbers": NUMBERS,
    "small numbers": NUMBERS[["a"]].astype("int8"),
    "text": pd.DataFrame({"name": ["x", "y"], "value": [1.0, 2.0]}),
    "text that is missing": pd.DataFrame({"name": pd.Series(["x", None], dtype="str")}),
    "objects": pd.DataFrame({"mixed": pd.Series(["x", 1, None, 2.5, True], dtype=object)}),
    "an index of text": NUMBERS.set_index(pd.Index(["i", "j", "k"], name="key")),
    "an index with gaps": NUMBERS[NUMBERS.a != 2],
    "labels that are numbers": pd.DataFrame(np.eye(3)),
    "labels twice": pd.DataFrame(np.eye(2), columns=["a", "a"]),
    "no rows": NUMBERS.iloc[:0],
    "no columns": NUMBERS[[]],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_frame_comes_out_as_it_went_in(name):
    table = TABLES[name]
    pd.testing.assert_frame_equal(unpack(pack(table)), table, check_column_type=bool(len(table.columns)))
    assert difference(unpack(pack(table)), table) == 0.0


@pytest.mark.parametrize("series", [NUMBERS["b"], NUMBERS["a"].rename(None), pd.Series(["x", "y"], name="text")])
def test_a_series_comes_out_as_it_went_in(series):
    pd.testing.assert_series_equal(unpack(pack(series)), series)


def test_frames_cross_within_other_values_and_are_copies():
    given = {"tables": [NUMBERS, (NUMBERS["a"],)]}
    came = unpack(pack(given))
    came["tables"][0].loc[0, "a"] = 100
    assert NUMBERS.loc[0, "a"] == 1
    pd.testing.assert_series_equal(came["tables"][1][0], NUMBERS["a"])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame({"day": pd.to_datetime(["2026-01-01"])}), "dtype datetime64.* in a frame cannot cross"),
        (pd.DataFrame({"kind": pd.Categorical(["x"])}), "dtype category in a frame cannot cross"),
        (pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}), "dtype Int64 in a frame cannot cross"),
        (pd.DataFrame({"sets": [{1}]}), "holds a set: only strings, numbers and None can cross"),
        (NUMBERS.set_index(["a", "b"]), r"index of several levels cannot cross: use reset_index\(\) first"),
        (
            pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
            "labels of several levels",
        ),
        (pd.DataFrame({("a", 1): [1], "b": [2]}), "a label of a frame is a tuple"),
    ],
)
def test_what_cannot_cross_in_a_frame_is_said(table, words):
    with pytest.raises(WireError, match=words):
        pack(table)


def test_a_subclass_of_a_frame_does_not_cross():
    class Sly(pd.DataFrame):
        pass

    with pytest.raises(WireError, match="cannot cross"):
        pack(Sly({"a": [1]}))


def test_a_column_of_objects_with_a_behaviour_does_not_cross():
    class Text(str):
        __slots__ = ()

    with pytest.raises(WireError, match="holds a Text"):
        pack(pd.DataFrame({"a": pd.Series([Text("x")], dtype=object)}))


COLUMN = ["numbers", np.arange(2), "a"]
INDEX = ["numbers", np.arange(2), None]


@pytest.mark.parametrize(
    "parts",
    [
        None,
        [],
        [False, ["a"], None, INDEX],
        [False, ["a", "b"], None, INDEX, [COLUMN]],
        [True, ["a", "b"], None, INDEX, [COLUMN, COLUMN]],
        [1, ["a"], None, INDEX, [COLUMN]],
        [False, [["a"]], None, INDEX, [COLUMN]],
        [False, ["a"], None, INDEX, [["numbers", np.eye(2), "a"]]],
        [False, ["a"], None, INDEX, [["numbers", [1, 2], "a"]]],
        [False, ["a"], None, INDEX, [["text", np.arange(2), "a"]]],
        [False, ["a"], None, INDEX, [["objects", [1, {"b": 2}], "a"]]],
        [False, ["a"], None, INDEX, [["code", ["x", "y"], "a"]]],
        [False, ["a"], None, INDEX, [["numbers", np.arange(3), "a"]]],
        [False, ["a"], None, ["numbers", np.arange(10**6), None], [COLUMN]],
        [False, ["a"], {}, INDEX, [COLUMN]],
        [False, ["a"], None, INDEX, [["text", ["x", 1], "a"]]],
        [False, ["a"], None, INDEX, [[["text"], ["x", "y"], "a"]]],
        [False, ["a"], None, ["numbers", np.zeros(2, np.float16), None], [COLUMN]],
    ],
)
def test_parts_that_are_no_frame_are_refused(parts):
    with pytest.raises(WireError, match="frame in the message"):
        frames.rebuilt(parts)


def test_a_forged_message_is_refused_as_a_whole():
    message = pack(NUMBERS)
    forged = message.replace(b'"numbers"', b'"strange"')
    assert len(forged) == len(message)
    with pytest.raises(WireError, match="frame in the message is not in the expected form"):
        unpack(forged)


def test_a_frame_counts_against_the_limits():
    with pytest.raises(WireError, match="too many parts"):
        pack(pd.DataFrame({"a": ["x"] * 100}), limits=Limits(nodes=50))


def test_frames_that_differ_in_a_number_a_label_or_a_type_are_told_apart():
    other = NUMBERS.assign(a=[1, 2, 4])
    assert difference(NUMBERS, other) == pytest.approx(0.25)
    assert difference(NUMBERS, NUMBERS.rename(columns={"a": "x"})) == np.inf
    assert difference(NUMBERS, NUMBERS.astype({"a": float})) == np.inf
    assert difference(NUMBERS, NUMBERS["a"]) == np.inf
