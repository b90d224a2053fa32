"""The walls around student code: every layer that the machine offers, entered right after the fork.

A layer that a machine lacks is left out, and the level says what remains. Nothing is run below the level that the
course asks for.
"""

from __future__ import annotations

import contextlib
import enum
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grading.config.settings import MEGABYTE, Settings

from . import given, landlock, namespaces, seccomp
from .syscalls import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, drop_capabilities, prctl
from .view import View, hide_modules, view, without_hidden

LAYERS = ("namespaces", "seccomp", "landlock", "user")
_FIRST_UID = 2_000_000  # far above any that a machine gives to people or services
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_ENVIRONMENT = {
    **{"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student", "MPLBACKEND": "Agg"},
    **{"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},  # `pip install` fails at once, not after retries
}


class Level(enum.StrEnum):
    """How far student code is confined."""

    FULL = "full"
    """Namespaces, a private root, seccomp and limits."""
    RESTRICTED = "restricted"
    """No namespaces: seccomp, Landlock and limits. It sees how busy the machine is, and reaches nothing on it."""
    UNSAFE = "unsafe"
    """Limits, and what else there is. Student code can read or write what the grader can."""

    @property
    def means(self) -> str:
        """What that means, for the person who decides."""
        return {
            Level.FULL: "Student code sees Python's packages and a small disk of its own; no network, nothing else.",
            Level.RESTRICTED: "Student code can read Python's packages only and has no network; it sees how busy "
            "the machine is, and what it writes is limited by file, not in sum.",
            Level.UNSAFE: "Student code can read and change whatever you can on this machine: the gradebook, the "
            "solutions, other submissions. Grade only what you would run yourself.",
        }[self]


class IsolationError(RuntimeError):
    """The machine offers less than the course asks for; the message says what is missing."""


@dataclass(frozen=True)
class Walls:
    """What confines student code on this machine: the layers that hold here, and what is left to see."""

    settings: Settings
    files: View
    layers: tuple[str, ...]

    @property
    def level(self) -> Level:
        """How far that goes."""
        if os.geteuid() == 0 and "user" not in self.layers:  # root's limits bind nobody
            return Level.UNSAFE
        if {"namespaces", "seccomp"} <= set(self.layers):
            return Level.FULL
        return Level.RESTRICTED if {"landlock", "seccomp"} <= set(self.layers) else Level.UNSAFE

    def check(self) -> None:
        """Raise IsolationError if the level is below what the settings ask for."""
        order = list(Level)
        if order.index(self.level) > order.index(Level(self.settings.level)):
            missing = [name for name in LAYERS if name not in self.layers]
            raise IsolationError(
                f"This machine confines student code to the level “{self.level}” (without {', '.join(missing)}), and "
                f"the course asks for “{self.settings.level}”. `cs182-grade doctor` says what to install or change."
            )

    def enter(self, channel: int, files: Mapping[str, bytes] | None = None) -> None:
        """Close this process in, for good; what returns from here may be a grandchild of what called.

        Parameters
        ----------
        channel : the one descriptor above 2 that stays open
        files : files of the course that student code finds in its folder, by relative path, to read and not to change

        Raises
        ------
        IsolationError, OSError
            If that fails or is not enough. The process is then to end without running anything.
        """
        self.check()
        _let_go_of_files(channel)
        uid = _FIRST_UID + os.getpid() if "user" in self.layers else os.geteuid()
        limits = _limits(self.settings)
        apart = "namespaces" in self.layers
        home = namespaces.HOME if apart else _scratch(uid)
        beside = given.FOLDER if apart else f"{scratch_folder(os.getpid())}/given"
        if apart:
            _world(self.settings, self.files, files or {})
        elif files:
            given.write(files, beside)
        if files:
            given.link(beside, home)
        _environment(home)
        for limit, value in limits.items():
            resource.setrlimit(limit, (value, value))
        if "user" in self.layers:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        if "namespaces" in self.layers or "user" in self.layers:
            drop_capabilities()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # again: changing the user cleared it
        self._filter(home, [beside] if files else [])
        os.chdir(home)
        sys.path.insert(0, home)  # a module that a notebook writes can be imported, as in a notebook's own folder
        hide_modules(self.files)

    def _filter(self, home: str, beside: list[str]) -> None:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        apart = "namespaces" in self.layers
        if "landlock" in self.layers:
            # in the private root nothing else is there to be read; without it, this is what keeps files away
            readable = ["/"] if apart else without_hidden(self.files)
            writable = namespaces.WRITABLE if apart else [home]
            landlock.restrict([*readable, *beside, *namespaces.DEVICES], [*writable, os.devnull])
        if "seccomp" in self.layers:
            signals = apart or "user" in self.layers or landlock.keeps_signals_in()
            seccomp.apply(seccomp.program(signals=signals))


def walls(settings: Settings, extra: Iterable[str] = ()) -> Walls:
    """Find out which layers hold on this machine; `extra` are more folders that student code may read."""
    files = view(settings.hidden, extra)
    holds = {
        "namespaces": lambda: _survives(lambda: _world(settings, files)),
        "seccomp": seccomp.supported,
        "landlock": lambda: landlock.abi() > 0,
        "user": lambda: os.geteuid() == 0,
    }
    found = tuple(name for name in LAYERS if name not in settings.without and holds[name]())
    return Walls(settings, files, found)


def scratch_folder(pid: int) -> str:
    """Where a forked process keeps what it has on disk; its zygote removes it."""
    return f"/tmp/cs182-student-{pid}"


def _world(settings: Settings, files: View, beside: Mapping[str, bytes] | None = None) -> None:
    namespaces.separate()
    namespaces.enclose(files, beside or {}, megabytes=settings.scratch_mb, files=settings.scratch_files)
    namespaces.become_first()


def _survives(attempt: Callable[[], None]) -> bool:
    """Whether a child gets through without an OSError; for steps that cannot be taken back."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            attempt()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _scratch(uid: int) -> str:
    folder = Path(scratch_folder(os.getpid()))
    folder.mkdir(mode=0o711)
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, uid, -1)
    return str(home)


def _let_go_of_files(channel: int) -> None:
    """Keep the channel as the one open descriptor beside the standard ones, which lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, channel)
    os.closerange(channel + 1, os.sysconf("SC_OPEN_MAX"))


def _environment(home: str) -> None:
    os.environ.clear()
    folders = {"HOME": home, "TMPDIR": home, "IPYTHONDIR": f"{home}/.ipython", "MPLCONFIGDIR": f"{home}/.matplotlib"}
    os.environ.update(_ENVIRONMENT | _THREADS | folders)


def _limits(settings: Settings) -> dict[int, int]:
    """The limits to set, measured before the machine's /proc is out of sight."""
    if Path("/proc/self/oom_score_adj").exists():  # should memory run out all the same, this is the process to lose
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = {
        resource.RLIMIT_AS: _size() + settings.memory_mb * MEGABYTE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: settings.cpu_seconds,
        resource.RLIMIT_FSIZE: settings.scratch_mb * MEGABYTE,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_NPROC: settings.processes + _tasks(),
        resource.RLIMIT_MEMLOCK: 0,
    }
    hard = {limit: resource.getrlimit(limit)[1] for limit in limits}
    return {limit: value if hard[limit] < 0 else min(value, hard[limit]) for limit, value in limits.items()}


def _size() -> int:
    """Address space of this process in bytes."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 4 * 2**30


def _tasks() -> int:
    """Processes and threads of this user, which count against its limit; root's sandboxes get a fresh user each."""
    if os.geteuid() == 0 or not Path("/proc").is_dir():
        return 0
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                count += len(list((folder / "task").iterdir())) if folder.stat().st_uid == os.geteuid() else 0
    return count
