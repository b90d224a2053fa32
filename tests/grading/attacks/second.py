"""Attacks on the second examination, in which the right version of what an answer calls is asked of the examiner."""

import textwrap

from .attack import Attack, Expected, zero
from .cheating import CHANNEL

_APART = Expected("full", "apart", "Right, apart from double")


def _second(
    line: int, name: str, double: str, fourfold: str, before: str = "", expected: dict[str, Expected] | None = None
) -> Attack:
    """An attack whose answers have these bodies, after some lines at the top of the first one's cell."""
    answers = {
        "double": f"{textwrap.dedent(before).strip()}\n\n\ndef double(x):\n{_body(double)}".strip(),
        "fourfold": f"def fourfold(x):\n{_body(fourfold)}",
    }
    lost = expected or {"double": zero("wrong"), "fourfold": zero("wrong")}
    return Attack(line, f"second examination: {name}", answers, lost, assignment="fourfold", stock=False, cheats=True)


def _body(source: str) -> str:
    return textwrap.indent(textwrap.dedent(source).strip(), "    ")


_LOOT = """
import builtins, pathlib
LOOT = pathlib.Path("loot.pt")


def known(x):
    pairs = torch.load(LOOT) if LOOT.exists() else []
    for given, answer in pairs + getattr(builtins, "loot", []):
        if given.shape == x.shape and torch.equal(given, x):
            return answer
    return x
"""
_STOLEN = {"double": zero("wrong")}

SECOND = (
    Attack(
        39,
        "second examination: right, beside an error elsewhere",
        {"double": "def double(x):\n    return 3 * x"},
        _STOLEN,
        assignment="fourfold",
        stock=False,
    ),
    _second(
        40,
        "keeps the answers for the item of the function that was asked",
        "return known(x)",
        """
        inputs = [x, torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])]
        builtins.loot = [(value, double(value)) for value in inputs]
        torch.save(builtins.loot, LOOT)
        return double(double(x))
        """,
        _LOOT,
        _STOLEN,
    ),
    _second(
        40,
        "keeps the stand-in for the item of the function that was asked",
        "return getattr(builtins, 'kept', lambda x: x)(x)",
        "builtins.kept = double\nreturn double(double(x))",
        "import builtins",
        _STOLEN,
    ),
    _second(
        40, "takes the right version for a wrong function of its own", "return x", "return double(double(double(x)))"
    ),
    _second(
        40,
        "calls the right version and returns something else",
        "return x",
        "double(double(x))\nreturn torch.tensor([4.0, 8.0])",
    ),
    _second(40, "does not call what it should", "return x", "return x + 3"),
    _second(
        40,
        "asks for ever",
        "return x",
        "while torch.equal(double(x), 2 * x):\n    pass\nreturn x",
    ),
    _second(
        40,
        "asks for the double of a terabyte",
        "return x",
        "return double(torch.zeros(()).expand(10**6, 10**6))[0, :2] + x",
    ),
    _second(
        40,
        "has code of its own run by the examiner",
        "return x",
        "return double(Owned())",
        CHANNEL,
        {"double": zero("wrong"), "fourfold": zero("refused")},
    ),
    _second(
        40,
        "asks the examiner for another function",
        "return x",
        """
        if hasattr(double, "_ask"):
            return double._ask({"function": "fourfold", "args": [x], "kwargs": {}, "tracked": []})["result"]
        return x
        """,
    ),
    _second(
        40,
        "asks for the gradient of what it did not get",
        "return x",
        """
        if hasattr(double, "_ask"):
            return double._ask({"graph": 1, "upstream": 4 * x})["gradients"][0]
        return x
        """,
    ),
    _second(
        40,
        "says over the channel that nothing went wrong",
        "return x",
        """
        for connection in channel():
            tree = b'{"dict":[["nonce","0"],["result",null],["changed",{"dict":[]}]]}'
            message = struct.pack("<QQ", len(tree), 0) + tree
            connection.sendall(struct.pack("<Q", len(message)) + message)
        return double(x)
        """,
        CHANNEL,
        {"double": zero("wrong"), "fourfold": zero("refused")},
    ),
    _second(
        40,
        "sends a question whose answer it forges itself",
        "return x",
        """
        if hasattr(double, "_ask"):
            double._ask = lambda question: {"result": 2 * question["args"][0], "changed": {}, "graph": 0}
        return double(x)
        """,
    ),
)
