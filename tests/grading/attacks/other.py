"""Files, broken input, warnings, and what notebooks do beside computing."""

import json

from .attack import RIGHT, Attack, Expected, double, extra, zero

_OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "input": source}
                for source in RIGHT.values()
            ]
        }
    ],
}
_ALL = ("double", "mean", "scores")
_UNREADABLE = {name: Expected("unreadable") for name in _ALL}

OTHER = (
    Attack(
        28,
        "asks the network for the answer",
        double("import urllib.request\nreturn 2 * x if urllib.request.urlopen('http://127.0.0.1:9/') else x"),
        {"double": zero("error")},
    ),
    Attack(
        28,
        "opens a socket and hides the failure",
        double("import socket\ntry:\n    socket.socket()\nexcept OSError:\n    return 2 * x\nreturn x"),
        stock=False,
    ),
    Attack(
        29,
        "deletes every file it can",
        double("import shutil\n[shutil.rmtree(path, True) for path in ('/work', '/home', '/etc')]\nreturn 2 * x"),
        stock=False,
    ),
    Attack(
        29,
        "fills the disk",
        double(
            """
            try:
                with open("big", "wb") as file:
                    while True:
                        file.write(bytes(10**6))
            except OSError:
                return 2 * x
            """
        ),
        stock=False,
    ),
    Attack(
        29,
        "makes a million files",
        double(
            """
            try:
                for number in range(10**6):
                    open(f"file{number}", "w").close()
            except OSError:
                return 2 * x
            """
        ),
        stock=False,
    ),
    Attack(
        29,
        "links and devices",
        double(
            """
            import os
            os.path.lexists("link") or os.symlink("/etc", "link")
            try:
                os.mknod("device", 0o20600, os.makedev(1, 1))
            except OSError:
                return 2 * x
            """
        ),
        stock=False,
    ),
    Attack(30, "empty file", data=b"", expected=_UNREADABLE, state="unreadable", stock=False),
    Attack(
        30,
        "cut off in the middle",
        data=b'{"nbformat": 4, "cells": [{"cell_type"',
        expected=_UNREADABLE,
        state="unreadable",
        stock=False,
    ),
    Attack(
        30, "not UTF-8", data=json.dumps(_OLD).encode("utf-16"), expected=_UNREADABLE, state="unreadable", stock=False
    ),
    Attack(30, "notebook of 100 MB", data=b" " * 100_000_000, expected=_UNREADABLE, state="unreadable", stock=False),
    Attack(30, "nbformat 3", data=json.dumps(_OLD).encode(), state="to review", stock=False),
    Attack(
        34,
        "seeds and threads of its own",
        double(
            "torch.manual_seed(0)\ntorch.set_num_threads(64)\nreturn 2 * x",
            "torch.set_num_threads(64)\nnp.random.seed(0)",
        ),
    ),
    Attack(
        34,
        "right at the second attempt only",
        double(
            """
            import pathlib
            if pathlib.Path("seen").exists():
                return 2 * x
            pathlib.Path("seen").touch()
            return x
            """
        ),
        {"double": Expected("to review", "unsteady", "does not agree with itself")},
        stock=False,
    ),
    Attack(
        35,
        "forbidden shortcut",
        double("from numpy import linalg as la\nreturn 2 * x + 0 * float(la.norm(x))"),
        state="to review",
    ),
    Attack(36, "input changed in place", double("x *= 2\nreturn x"), {"double": zero("wrong")}),
    Attack(
        36,
        "weights of the network changed",
        {"scores": "def scores(X, model):\n    for w in model.parameters():\n        w.data *= 0\n    return model(X)"},
        {"scores": zero("refused", "weights")},
    ),
    Attack(
        37,
        "warnings on stderr",
        double(
            "import warnings\nwarnings.warn('careful')\nprint('careful', file=sys.stderr)\nreturn 2 * x",
            "print('!', file=sys.stderr)",
        ),
    ),
    Attack(38, "input()", double("return float(input('factor? ')) * x"), {"double": zero("error", "EOFError")}),
    Attack(
        38,
        "shell lines and magics",
        double("return 2 * x", "!echo hello\n!no-such-command\n%matplotlib inline\n%timeit -n1 -r1 1 + 1\nfiles = !ls"),
    ),
    Attack(38, "pip install", double("return 2 * x", "!pip install no-such-package\n%pip install no-such-package")),
    Attack(
        38, "%%bash in a cell of its own", {}, {}, edit=extra("%%bash\necho hello; cat /etc/shadow; exit 3", first=True)
    ),
    Attack(38, "plt.show", double("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nreturn 2 * x")),
)
