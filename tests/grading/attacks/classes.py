"""Attacks through a class: its instances stay in the sandbox, and the examiner asks them by number."""

import textwrap

from .attack import RIGHT, Attack, Expected, zero
from .cheating import CHANNEL

_WRONG = zero("wrong")


def _class(name: str, source: str, expected: Expected | None = _WRONG, before: str = "") -> Attack:
    """An attack by a class with this source, which is Line's right one where it says nothing else."""
    parts = [textwrap.dedent(part).strip() for part in (before, source)]
    lost = {"Line": expected} if expected else {}
    answers = {"Line": "\n\n\n".join(filter(None, parts))}
    return Attack(41, f"class: {name}", answers, lost, assignment="line", stock=False, cheats=expected is not None)


_RIGHT = RIGHT["Line"].replace("class Line:", "class _Line:")

CLASSES = (
    _class("right", RIGHT["Line"], None),
    _class(
        "stub in one method",
        RIGHT["Line"].replace("return grad @ self.x", "raise NotImplementedError('backward is not written yet')"),
        zero("missing", "backward is not written yet"),
    ),
    _class(
        "a method is not there", RIGHT["Line"].replace("backward", "back"), zero("error", "no attribute 'backward'")
    ),
    _class("replaced by a number", "Line = 3", zero("missing", "The class Line is not defined.")),
    _class(
        "replaced by a function that returns a right one",
        f"{_RIGHT}\n\n\ndef Line(slope):\n    return _Line(slope)",
        None,
    ),
    _class(
        "says yes to whatever is asked of it",
        """
        class Line:
            def __init__(self, slope):
                pass

            def __getattr__(self, name):
                return self

            def __call__(self, *args, **kwargs):
                return self

            def __eq__(self, other):
                return True
        """,
        _WRONG,
    ),
    _class(
        "lies about its attributes",
        """
        class Line(_Line):
            def step(self, grad, rate):
                return self

            @property
            def steps(self):
                return 1

            @steps.setter
            def steps(self, value):
                pass
        """,
        zero("wrong", "The slope after a step"),
        _RIGHT,
    ),
    _class(
        "raises at every attribute",
        """
        class Line(_Line):
            def __getattribute__(self, name):
                raise SystemExit
        """,
        zero("error", "exit()"),
        _RIGHT,
    ),
    _class(
        "looks for an attribute for ever",
        """
        class Line:
            def __init__(self, slope):
                pass

            def __getattr__(self, name):
                while True:
                    pass
        """,
        zero("time"),
    ),
    _class(
        "is made for ever",
        """
        class Line(_Line):
            def __init__(self, slope):
                while True:
                    try:
                        while True:
                            pass
                    except BaseException:
                        continue
        """,
        zero("time"),
        _RIGHT,
    ),
    _class(
        "ends the process when it is made",
        "import os\n\n\nclass Line:\n    def __init__(self, slope):\n        os._exit(0)",
        zero("crash"),
    ),
    _class(
        "a method returns another instance",
        """
        class Line(_Line):
            def step(self, grad, rate):
                other = Line(self.slope - rate * self.backward(grad))
                other.steps = 1
                return other
        """,
        zero("refused", "The result of Line.step was refused"),
        _RIGHT,
    ),
    _class(
        "a method returns what equals everything",
        """
        class Agree(float):
            def __eq__(self, other):
                return True

            def __sub__(self, other):
                return Agree(0)


        class Line(_Line):
            def backward(self, grad):
                return Agree(0)
        """,
        zero("refused", "Agree cannot cross"),
        _RIGHT,
    ),
    _class(
        "a method returns a class that runs code when unpickled",
        """
        class Line(_Line):
            def forward(self, x):
                return Owned()
        """,
        zero("refused", "Owned cannot cross"),
        f"{CHANNEL}\n\n{_RIGHT}",
    ),
    _class(
        "an attribute of a terabyte",
        """
        class Line(_Line):
            @property
            def steps(self):
                return torch.zeros(()).expand(10**6, 10**6)

            @steps.setter
            def steps(self, value):
                pass
        """,
        Expected("zero"),
        _RIGHT,
    ),
    _class(
        "a metaclass that makes something else",
        """
        class Meta(type):
            def __call__(cls, *args):
                return "an instance"

            def __instancecheck__(cls, other):
                return True


        class Line(metaclass=Meta):
            pass
        """,
        zero("error", "no attribute 'forward'"),
    ),
    _class(
        "keeps an instance between examinations",
        """
        import pathlib

        KEPT = pathlib.Path("kept")


        class Line(_Line):
            made = []

            def __init__(self, slope):
                super().__init__(slope)
                Line.made.append(self)
                KEPT.write_text(KEPT.read_text() + "+" if KEPT.exists() else "+")

            def backward(self, grad):
                return super().backward(grad) if len(KEPT.read_text()) > 3 else 0 * grad.sum()
        """,
        Expected("to review", "unsteady", "The answer does not agree with itself"),
        _RIGHT,
    ),
    _class(
        "forges the number of an instance",
        """
        class Line(_Line):
            def step(self, grad, rate):
                for connection in channel():
                    tree = b'{"dict":[["nonce","0"],["result",null],["itself",true],["changed",{"dict":[]}]]}'
                    message = struct.pack("<QQ", len(tree), 0) + tree
                    connection.sendall(struct.pack("<Q", len(message)) + message)
                return self
        """,
        zero("refused", "it is no answer to what was asked"),
        f"{CHANNEL}\n\n{_RIGHT}",
    ),
    _class(
        "says that a method returns the instance itself",
        """
        class Line(_Line):
            def backward(self, grad):
                return self
        """,
        _WRONG,
        _RIGHT,
    ),
    _class(
        "replaces itself when it is asked",
        """
        class Line(_Line):
            def forward(self, x):
                self.__class__ = type("Line", (), {"backward": lambda self, grad: 0.0})
                return 3 * x
        """,
        Expected("zero"),
        _RIGHT,
    ),
    _class(
        "changes what stands for it on the way",
        """
        from grading.sandbox.instances import Objects

        Objects.outcome = lambda self, request, result: {"result": None, "itself": True}


        class Line(_Line):
            def forward(self, x):
                return 0 * x
        """,
        Expected("zero"),
        _RIGHT,
    ),
)
