"""The zygote of this machine: one for all the workers of a user, started by the first, gone after the last.

Its socket is in a folder that only this user can enter, one for all versions of the grader and all settings. Workers
that start at once agree by a lock on who starts it; one that finds it dead starts it again, and removes what dead ones
left.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grading.verdicts.code_version import code_version

STARTING = 180.0
_LEASES: dict[str, socket.socket] = {}
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ZygoteError(RuntimeError):
    """The warm process does not start; the message says where it wrote why."""


def zygote(settings: str = "{}") -> str:
    """Return the socket of the zygote for these settings (as JSON), which is running when this returns.

    This process then counts among those that need it, until it ends.
    """
    folder = private_folder()
    place = folder / _name(settings)
    path = str(place)
    if not _alive(path):
        with _locked(folder / "lock"):
            if not _connected(path):
                _clear(folder)
                _start(place, settings)
    return path


def _name(settings: str) -> str:
    """The name of the socket of a zygote: another one for another version, other settings or another environment."""
    # short: a socket's path may have about a hundred characters
    return hashlib.sha256(f"{code_version()} {settings} {sys.prefix}".encode()).hexdigest()[:16]


def _log(place: Path) -> Path:
    return place.with_name(f"{place.name}.log")


def _clear(folder: Path) -> None:
    """Remove what zygotes left that have ended: sockets at which nobody answers, and logs without a socket.

    Whoever starts a zygote holds the lock until it answers, so none is on its way while this looks.
    """
    for place in folder.iterdir():
        if place.is_socket() and not _answers(place):
            place.unlink(missing_ok=True)
    for log in folder.glob("*.log"):
        if not log.with_suffix("").exists():
            log.unlink(missing_ok=True)


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(1.0)
        try:
            caller.connect(str(place))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # a full queue or no time, say: somebody is there
            return True
    return True


def private_folder() -> Path:
    """Return the folder of this user's zygotes, made with mode 0700.

    Raises
    ------
    ZygoteError
        If somebody else made a folder of that name first.
    """
    folder = Path(tempfile.gettempdir()) / f"cs182-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) != 0o700:
        raise ZygoteError(f"{folder} is not a private folder of this user: somebody else made it. Remove it.")
    return folder


def _alive(path: str) -> bool:
    """Whether the zygote that this process holds a lease of is still there."""
    lease = _LEASES.get(path)
    if lease is None:
        return False
    try:
        return lease.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _connected(path: str) -> bool:
    """Take a lease: a connection over which nothing is asked, and which keeps the zygote running."""
    lease = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        lease.connect(path)
    except OSError:
        lease.close()
        return False
    if old := _LEASES.pop(path, None):
        old.close()
    _LEASES[path] = lease
    return True


def _start(place: Path, settings: str) -> None:
    """Start the zygote; one that something killed (for lack of memory, say) is started again."""
    path, log = str(place), _log(place)
    deadline = time.monotonic() + STARTING
    process = None
    while not _connected(path):
        if process is None or (process.poll() or 0) < 0:
            process = _launch(path, settings, log)
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise ZygoteError(f"The warm process did not start. Its last words: {_tail(log)}")
        time.sleep(0.05)


def _launch(path: str, settings: str, log: Path) -> subprocess.Popen:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "grading.examine.warm_process", path, settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C at the terminal is for the main process alone
            env=os.environ | dict.fromkeys(_THREADS, "1") | {"MPLBACKEND": "Agg"},
        )


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"none, see {log}"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go of by the kernel, however this process ends
        yield
