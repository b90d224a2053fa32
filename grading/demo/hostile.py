"""Answers that try to get points without solving anything, or to harm the grader: each must cost its own item alone.

They would fool a grader that runs its tests in the student's own process. Each is a function of the answer's name and
of the path of the master notebook, which only the instructor should be able to read.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent


def equal_to_everything(name: str, master: Path) -> str:
    return _answer(
        name,
        """
        class Anything:
            def __getattr__(self, name):
                return self

            def __call__(self, *args, **kwargs):
                return self

            def __getitem__(self, index):
                return self

            def __iter__(self):
                return iter(())

            def __bool__(self):
                return True

            __hash__ = None
            __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
            __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __abs__ = lambda self, *other: self
            __float__ = __int__ = __len__ = __index__ = lambda self: 0


        def NAME(*args, **kwargs):
            return Anything()
        """,
    )


def patched_assertions(name: str, master: Path) -> str:
    return _answer(
        name,
        """
        import builtins

        import numpy
        import torch

        numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *args, **kwargs: None
        numpy.allclose = numpy.array_equal = torch.allclose = torch.equal = lambda *args, **kwargs: True
        builtins.AssertionError = builtins.Warning


        def NAME(*args, **kwargs):
            return 0.0
        """,
    )


def muted_errors(name: str, master: Path) -> str:
    return _answer(
        name,
        """
        shell = get_ipython()
        shell.set_custom_exc((BaseException,), lambda *args, **kwargs: None)
        shell.showtraceback = lambda *args, **kwargs: None
        shell.input_transformers_cleanup.append(lambda lines: [line for line in lines if "assert" not in line])


        def NAME(*args, **kwargs):
            raise RuntimeError("nobody hears this")
        """,
    )


def reads_the_solution(name: str, master: Path) -> str:
    return _answer(
        name,
        f"""
        import json


        def NAME(*args, **kwargs):
            with open({str(master)!r}) as file:
                cells = json.load(file)["cells"]
            namespace = dict(globals())
            exec("".join(next(cell for cell in cells if cell.get("id") == "NAME")["source"]), namespace)
            return namespace["NAME"](*args, **kwargs)
        """,
    )


def leaves_processes_and_sleeps(name: str, master: Path) -> str:
    return _answer(
        name,
        """
        import os
        import time


        def NAME(*args, **kwargs):
            for _ in range(1000):
                try:
                    if os.fork() == 0:
                        os.setsid()
                        time.sleep(3600)
                except OSError:
                    break
            time.sleep(3600)
        """,
    )


KINDS = (equal_to_everything, patched_assertions, muted_errors, reads_the_solution, leaves_processes_and_sleeps)
NEED_WALLS = (reads_the_solution, leaves_processes_and_sleeps)
"""What only a machine that confines student code stops."""


def _answer(name: str, source: str) -> str:
    return dedent(source).strip().replace("NAME", name)
