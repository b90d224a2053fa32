"""Crashes, and taking more than one's share."""

from .attack import Attack, double, zero

_CRASH = {"double": zero("crash")}
_TIME = {"double": zero("time")}
_MEMORY = {"double": zero("memory")}

LIMITS = (
    Attack(5, "sys.exit in a call", double("sys.exit(0)"), {"double": zero("error", "exit")}),
    Attack(
        5, "sys.exit in the cell", double("return 2 * x", "import sys\nsys.exit(0)"), {"double": zero("error", "exit")}
    ),
    Attack(6, "os._exit in a call", double("import os\nos._exit(0)"), _CRASH),
    Attack(6, "os._exit in the cell", double("return 2 * x", "import os\nos._exit(0)"), _CRASH),
    Attack(6, "quit()", double("quit()"), {"double": zero("error", "exit")}),
    Attack(6, "segmentation fault in a call", double("import ctypes\nctypes.string_at(0)"), _CRASH),
    Attack(6, "segmentation fault in the cell", double("return 2 * x", "import ctypes\nctypes.string_at(0)"), _CRASH),
    Attack(
        6, "kills all that it can", double("import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)"), _CRASH, stock=False
    ),
    Attack(
        6,
        "endless recursion in C",
        double("return eval('(' * 5000 + ')' * 5000) or repr(x)"),
        {"double": zero("error")},
    ),
    Attack(7, "infinite loop in a call", double("while True:\n    pass"), _TIME),
    Attack(7, "infinite loop in the cell", double("return 2 * x", "while True:\n    pass"), _TIME),
    Attack(7, "sleeps", double("import time\ntime.sleep(10**6)"), _TIME),
    Attack(
        8,
        "infinite loop that swallows interrupts",
        double(
            """
            import signal
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
            """
        ),
        _TIME,
        stock=False,
    ),
    Attack(
        9,
        "list that grows for ever",
        double("rows = []\nwhile True:\n    rows.append(bytearray(10**7))"),
        _MEMORY,
        stock=False,
    ),
    Attack(9, "tensor of a terabyte", double("return torch.ones(10**12).sum() + x"), _MEMORY),
    Attack(
        9,
        "memory blow-up in the cell",
        double("return 2 * x", "rows = []\nwhile True:\n    rows.append(bytearray(10**7))"),
        _MEMORY,
        stock=False,
    ),
    Attack(
        10,
        "fork bomb",
        double("import os\nwhile True:\n    os.fork()"),
        {"double": zero("")},
        stock=False,
    ),
    Attack(
        10,
        "thread bomb",
        double("import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(99,)).start()"),
        {"double": zero("")},
        stock=False,
    ),
    Attack(
        11,
        "leaves a daemon behind",
        double(
            """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(10**6)
                os._exit(0)
            return 2 * x
            """
        ),
        stock=False,
    ),
    Attack(
        11,
        "leaves a daemon behind in the cell",
        double("return 2 * x", "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)"),
        stock=False,
    ),
    Attack(12, "prints a line of 200 MB", double("print('x' * 200_000_000)\nreturn 2 * x")),
    Attack(12, "prints for ever", double("while True:\n    print('again')"), _TIME, stock=False),
    Attack(
        12,
        "writes 200 MB past Python",
        double("import os\nfor _ in range(200):\n    os.write(1, bytes(10**6))\nreturn 2 * x"),
    ),
    Attack(
        13,
        "huge HTML as output",
        double(
            "from IPython.display import HTML, display\ndisplay(HTML('<script>x()</script>' * 10**6))\nreturn 2 * x"
        ),
    ),
    Attack(
        13,
        "HTML in an error's text",
        double("raise ValueError('<script>alert(1)</script>' * 10**6)"),
        {"double": zero("error", "<script>")},
    ),
)
