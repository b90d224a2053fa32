"""What Jupyter starts as a kernel: it has the warm process fork the real one, and stands for it.

Signals go on to the kernel; this process ends as the kernel ends, and the kernel with this one. Where no warm process
answers, it becomes an ordinary kernel. It imports little and runs without `site`: to start quickly is its purpose.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys


def main(options: list[str]) -> None:
    """Be a kernel with the options of ipykernel until it ends."""
    arguments = ["-m", "ipykernel_launcher", *options]
    try:
        warm = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # messages stay apart
        warm.connect(os.environ["WARM_KERNELS"])
        kernel = ask(warm, arguments)
    except (KeyError, OSError, ValueError):  # no socket named, nobody there, or nobody who is able to fork
        os.execv(sys.executable, [sys.executable, *arguments])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: pass_on(number, kernel))
    end_as_it_did(wait(warm))


def ask(warm: socket.socket, arguments: list[str]) -> int:
    """Hand over everything that this process was started with; returns the process id of the kernel."""
    start = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    socket.send_fds(warm, [json.dumps(start).encode()], [0, 1, 2])
    return int(warm.recv(32))


def pass_on(number: int, kernel: int) -> None:
    """Send the kernel and what it started a signal, as Jupyter does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(kernel, number)


def wait(warm: socket.socket) -> int:
    """Wait for the kernel's exit status, negative for a signal; end if the process that asked for a kernel is gone."""
    asker = os.environ.get("JPY_PARENT_PID")
    while not select.select([warm], [], [], 1)[0]:  # a second, as in ipykernel
        if asker and os.getppid() != int(asker):
            sys.exit(1)
    return int(warm.recv(32) or -signal.SIGKILL)  # nothing: the warm process is gone, and all its kernels


def end_as_it_did(status: int) -> None:
    """Exit with the status, or by the signal."""
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
