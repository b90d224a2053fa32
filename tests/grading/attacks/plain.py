"""Ordinary submissions, right and wrong."""

from .attack import Attack, double, zero

PLAIN = (
    Attack(1, "everything right"),
    Attack(
        2,
        "untouched template",
        {"double": None, "mean": None, "scores": None},
        {name: zero("missing", f"{name} is not written yet") for name in ("double", "mean", "scores")},
    ),
    Attack(
        3,
        "syntax error in one answer",
        {"double": "def double(x)\n    return 2 * x"},
        {"double": zero("error", "SyntaxError")},
    ),
    Attack(4, "exception in one answer", double("return x.no_such_thing"), {"double": zero("error", "no_such_thing")}),
    Attack(
        4,
        "exception while the cell runs",
        {"double": "scale = 2 / 0\n\n\ndef double(x):\n    return scale * x"},
        {"double": zero("error", "ZeroDivisionError")},
    ),
    Attack(4, "returns nothing", double("2 * x"), {"double": zero("wrong")}),
)
