"""A frame as its columns: numbers as arrays, anything else as a list of plain values."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from grading.sandbox.message_limits import LIMITS, WireError

NUMBERS, TEXT, OBJECTS = "numbers", "text", "objects"
_PLAIN = (str, bool, int, float, type(None))


def is_table(value: Any) -> bool:
    """Whether a value is a frame or a series of pandas, and of no subclass; pandas is not imported to find out."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and type(value) in (pandas.DataFrame, pandas.Series)


def flattened(table: Any) -> list[Any]:
    """Return a frame or a series as plain values: [is a series, columns' labels and name, index, columns].

    The index and each column are [kind, values, name]: an array of booleans, integers or floats, or a list of strings,
    numbers, booleans and None.

    Raises
    ------
    WireError
        If an index has several levels, a column holds something else, or there are more columns than may cross.
    """
    series = table.ndim == 1
    if not series and table.shape[1] > LIMITS.arrays:  # said before each of them is looked at, which takes seconds
        raise WireError(f"a frame of {table.shape[1]} columns cannot cross: at most {LIMITS.arrays} do")
    columns = [table] if series else [table.iloc[:, place] for place in range(table.shape[1])]
    labels = [table.name] if series else _labels(table.columns)
    name = None if series else table.columns.name
    return [series, labels, name, _column(table.index, "the index"), [_column(each, "a column") for each in columns]]


def rebuilt(parts: Any) -> Any:
    """Return the frame or series that `flattened` took apart, from parts that may be anybody's.

    Raises
    ------
    WireError
        If they are no such parts, or pandas is not installed here.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise WireError("a pandas frame arrived, and pandas is not installed here") from error
    _check(parts)
    try:
        return _made(pd, *parts)
    except (TypeError, ValueError, NotImplementedError, OverflowError) as error:
        raise WireError(f"a frame in the message is none that pandas can hold: {type(error).__name__}") from error


def _made(pd: Any, series: bool, labels: list, name: Any, index: list, columns: list[list]) -> Any:
    rows = _index(pd, index)
    filled = [_series(pd, column, rows) for column in columns]
    if series:
        return filled[0].rename(labels[0])
    frame = pd.concat(filled, axis=1) if filled else pd.DataFrame(index=rows)
    counted = [*map(repr, labels)] == [*map(str, range(len(labels)))]
    frame.columns = pd.RangeIndex(len(labels), name=name) if counted else pd.Index(labels, name=name)
    return frame


def _labels(index: Any) -> list[Any]:
    if index.nlevels > 1:
        raise WireError("a frame with labels of several levels cannot cross: give them one level first")
    labels = index.tolist()
    strange = next((label for label in labels if type(label) not in _PLAIN), None)
    if strange is not None:
        raise WireError(f"a label of a frame is a {type(strange).__name__}: only strings and numbers can cross")
    return labels


def _column(values: Any, what: str) -> list[Any]:
    if getattr(values, "nlevels", 1) > 1 or getattr(getattr(values, "index", None), "nlevels", 1) > 1:
        raise WireError("a frame with an index of several levels cannot cross: use reset_index() first")
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return [NUMBERS, values.to_numpy(), values.name]
    kind = OBJECTS if str(dtype) == "object" else TEXT
    if kind == TEXT and not str(dtype).startswith("str"):
        raise WireError(f"{what} of dtype {dtype} in a frame cannot cross: turn it into numbers or text first")
    listed = values.tolist()
    if kind == TEXT:
        listed = [value if isinstance(value, str) else None for value in listed]  # text that is missing
    strange = next((value for value in listed if type(value) not in _PLAIN), None)
    if strange is not None:
        raise WireError(f"{what} in a frame holds a {type(strange).__name__}: only strings, numbers and None can cross")
    return [kind, listed, values.name]


def _check(parts: Any) -> None:
    """Refuse parts that are not of the form that `flattened` gives."""
    well = isinstance(parts, list) and len(parts) == 5
    well = well and type(parts[0]) is bool and isinstance(parts[1], list) and isinstance(parts[4], list)
    well = well and all(type(label) in _PLAIN for label in [*parts[1], parts[2]])
    well = well and len(parts[1]) == len(parts[4]) and (not parts[0] or len(parts[4]) == 1)
    if not (well and all(map(_is_column, [parts[3], *parts[4]]))):
        raise WireError("a frame in the message is not in the expected form")
    if len({len(column[1]) for column in (parts[3], *parts[4])}) != 1:
        raise WireError("the columns of a frame in the message are not equally long")


def _is_column(column: Any) -> bool:
    if not (isinstance(column, list) and len(column) == 3 and type(column[2]) in _PLAIN):
        return False
    kind, values, _ = column
    if kind == NUMBERS:
        return isinstance(values, np.ndarray) and values.ndim == 1
    held = {TEXT: (str, type(None)), OBJECTS: _PLAIN}.get(str(kind), ())
    return isinstance(values, list) and bool(held) and all(type(value) in held for value in values)


def _index(pd: Any, column: list[Any]) -> Any:
    kind, values, name = column
    if kind == NUMBERS and values.dtype == np.int64 and np.array_equal(values, np.arange(len(values))):
        return pd.RangeIndex(len(values), name=name)
    return pd.Index(values, name=name, dtype=_dtype(kind))


def _series(pd: Any, column: list[Any], rows: Any) -> Any:
    kind, values, name = column
    return pd.Series(values, index=rows, name=name, dtype=_dtype(kind))


def _dtype(kind: str) -> Any:
    return {NUMBERS: None, TEXT: "str", OBJECTS: object}[kind]
