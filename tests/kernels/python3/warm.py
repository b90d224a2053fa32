"""The process that the kernels of a test session are forks of: it imports for all of them what takes seconds to import.

Run as ``python warm.py DESCRIPTOR``, which is that of a listening socket; it ends when its standard input does. It
imports nothing before the first request, and nothing of ours ever: a notebook that forgets an import must fail.

A kernel differs from an ordinary one in that these modules are loaded (but not in its namespace), that the kernels of a
session share the hashes of strings, and that PyTorch has one thread whatever OMP_NUM_THREADS says.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import select
import signal
import site
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
IMPORTED = (
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "PIL.Image",
    "sklearn.cluster",
    "sklearn.datasets",
    "sklearn.manifold",
    "torch._dynamo",
    "torch.fx.experimental.symbolic_shapes",
)
PLACES = tuple(sys.path[1:])  # without this folder, and without what versions of PyTorch and setuptools add to them
INLINE = "module://matplotlib_inline.backend_inline"
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Kernel:
    """A fork, the descriptor that becomes readable when it ends, and the connection to the stub that stands for it."""

    pid: int
    ended: int
    stub: socket.socket

    def end(self, *, kill: bool) -> None:
        """Kill it and what it started, or only bury it; then tell the stub its exit status."""
        if kill:
            for send in (os.killpg, os.kill):  # it leads no group yet if it has only just begun
                with contextlib.suppress(ProcessLookupError):
                    send(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.stub.send(b"%d" % os.waitstatus_to_exitcode(status))
        self.close()

    def close(self) -> None:
        """Close what only the warm process needs."""
        os.close(self.ended)
        self.stub.close()


def serve(listener: socket.socket) -> None:
    """Fork a kernel for each stub that connects, until standard input ends."""
    kernels: list[Kernel] = []
    ready: set[int | socket.socket] = set()
    while 0 not in ready:
        for kernel in [kernel for kernel in kernels if {kernel.ended, kernel.stub} & ready]:
            kernel.end(kill=kernel.ended not in ready)
            kernels.remove(kernel)
        if listener in ready:
            stub, _ = listener.accept()
            try:
                kernels.append(fork(stub, listener, kernels))
            except (OSError, ValueError):  # a stub that was killed while it asked, or no memory: it helps itself
                stub.close()
        waiting = [0, listener, *(end for kernel in kernels for end in (kernel.ended, kernel.stub))]
        ready = set(select.select(waiting, [], [])[0])
    for kernel in kernels:
        kernel.end(kill=True)


def fork(stub: socket.socket, listener: socket.socket, others: list[Kernel]) -> Kernel:
    """Fork the kernel that a stub asks for."""
    request, descriptors, _, _ = socket.recv_fds(stub, 1 << 20, 3)
    start = json.loads(request)
    if "torch" not in sys.modules:
        warm_up()
    pid = os.fork()
    if pid == 0:
        try:
            listener.close()
            for kernel in others:  # their stubs are to see it when the warm process closes its end
                kernel.close()
            be_kernel(stub, descriptors, **start)
        finally:
            os._exit(1)  # whatever went wrong, there is one server
    for descriptor in descriptors:
        os.close(descriptor)
    return Kernel(pid, os.pidfd_open(pid), stub)


def warm_up() -> None:
    """Import what the notebooks and the kernel need, on one thread.

    A fork has only the thread that forked: threads of others are lost, and PyTorch then waits for them for ever. Left
    out is what asks at its import whether it is in a kernel, and with which backend: pyplot, ipywidgets, tqdm.auto.
    """
    os.environ |= dict.fromkeys(THREADS, "1")
    gc.disable()  # all this stays
    import torch

    torch.set_num_threads(1)
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a kernel would touch, and so copy, every page that it shares with this process
    gc.enable()


def be_kernel(
    stub: socket.socket, descriptors: list[int], arguments: list[str], folder: str, environment: dict[str, str]
) -> NoReturn:
    """Become what ``python ARGUMENTS`` would be, started in that folder and environment; never returns."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    stub.send(b"%d" % os.getpid())  # from here on a signal finds it
    stub.close()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ |= environment
    sys.argv[:] = arguments[1:]
    paths = [str(Path(path).absolute()) for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = dict.fromkeys([*paths, *PLACES])
    status = 1
    try:
        start_afresh()
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        leave(status)


def start_afresh() -> None:
    """Do again what happened once for all kernels but depends on the environment, or must differ between them."""
    import matplotlib
    import numpy
    import torch

    site.execsitecustomize()  # from the kernel's PYTHONPATH
    matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE  # as ipykernel sets it before the import
    random.seed()
    numpy.random.seed()  # noqa: NPY002
    torch.seed()


def leave(status: int) -> NoReturn:
    """End as Python ends, but return to nothing of the warm process."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    del sys.path[0]  # this folder
    serve(socket.socket(fileno=int(sys.argv[1])))
