"""The program of the warm process: what it loads before the first fork, and what its forks become.

Run as ``python -m grading.examine.warm_process SOCKET``.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import sys
import time

from grading.config.settings import Settings
from grading.sandbox import memory
from grading.sandbox.zygote import Role, main
from grading.walls.isolation import walls

_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CS182VIZ_CACHE",
    "XDG_CACHE_HOME",
    "MPLBACKEND",
)
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_CLEAN = "CS182_ZYGOTE"
_HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""A child asks the system for the memory of its tensors in large pieces, which spares it four page faults in ten."""


def _warm_up(settings: Settings) -> dict[str, Role]:
    """Import what every child needs, on one thread before the first operation: only then is a fork safe."""
    import torch

    torch.set_num_threads(1)
    # what Python, torch and the course import at their first use, each child anew
    import sklearn.datasets  # noqa: F401, the digits of t-SNE
    import torch._dynamo  # torch.optim and torch.func
    import torch.fx.experimental.symbolic_shapes
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib import pyplot

    from cs182viz import assets, checks, gradcheck, images, notebook, plotting, quiz, zoo  # noqa: F401
    from cs182viz.techniques import inversion  # noqa: F401
    from grading.examine import examiner
    from grading.sandbox import student_side

    time.strptime("2026", "%Y")  # imports at its first use, from folders that the level "restricted" may not see
    history = InteractiveShell.instance(history_load_length=0).history_manager
    if history is not None:
        history.enabled = False
    model = zoo.load_model("squeezenet")
    with torch.no_grad():
        model(torch.zeros(1, 3, 224, 224))
    student_side.keep(model)
    for seed in range(10):  # of the visible tests' networks: each is drawn once, and copied from then on
        zoo.tiny_network(seed)
    pyplot.close(pyplot.figure())  # finds fonts and styles, in folders that no sandbox sees
    gc.collect()
    memory.collapse()
    gc.freeze()  # a collection in a child would touch, and so copy, every page that it shares with this process
    confined = walls(settings, [str(assets.cache_dir())])
    return {"sandbox": functools.partial(student_side.run, walls=confined), "examiner": examiner.run}


def _start(path: str, settings: str = "{}") -> None:
    if _CLEAN not in os.environ:  # what is in a process's environment at its start stays in its memory
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        command = [sys.executable, "-m", "grading.examine.warm_process", path, settings]
        # hashes of text are the same in every run, so that the order of a set is no luck of a student
        kept |= dict.fromkeys(_THREADS, "1") | {_CLEAN: "1", "PYTHONHASHSEED": "0", "GLIBC_TUNABLES": _HUGE_PAGES}
        os.execve(sys.executable, command, kept)
    main(path, _warm_up(Settings.from_json(json.loads(settings))))


if __name__ == "__main__":
    _start(*sys.argv[1:])
