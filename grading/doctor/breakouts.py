"""Attempts to break out of a sandbox, run inside one by the doctor; each says what it reached, or raises OSError."""

from __future__ import annotations

import contextlib
import ctypes
import encodings.idna  # noqa: F401  (a socket's address is encoded by it, and inside it may be too late to import it)
import importlib
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grading.config.settings import MEGABYTE, Settings
from grading.walls.syscalls import call

SECRET = b"the doctor's secret, which no sandbox may read"
VARIABLE = "CS182_DOCTOR"
GIVEN = "given.txt"
"""A file that the course gives to student code, which holds its own name."""
_CLONE_NEWUSER, _PTRACE_SEIZE, _REMOUNT = 0x10000000, 0x4206, 32
_FORKS = 300


@dataclass(frozen=True)
class Target:
    """What there is to reach outside.

    Parameters
    ----------
    file : a secret file that the grader can read
    port : a TCP server of the grader on this machine
    process, address : the process that starts the sandboxes, and where in its memory the secret is
    hidden : folders that hold answers
    open : the descriptors that belong to it
    settings : the limits
    """

    file: str
    port: int
    process: int
    address: int
    hidden: tuple[str, ...]
    open: tuple[int, ...]
    settings: Settings


def read_the_graders_files(target: Target) -> str:
    return f"read {target.file}" if SECRET in Path(target.file).read_bytes() else ""


def read_the_systems_secrets(target: Target) -> str:
    return "read /etc/shadow" if Path("/etc/shadow").read_bytes() else ""


def read_the_answers(target: Target) -> str:
    seen = [folder for folder in target.hidden if Path(folder).is_dir() and _entries(folder)]
    if seen:
        return f"listed {', '.join(seen)}"
    for name in target.settings.hidden:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        return f"imported {name}"
    return ""


def change_the_courses_files(target: Target) -> str:
    """As its owner, through the link that stands in the student's folder, and with what is around it."""
    place = Path(GIVEN).resolve()
    attempts: list[tuple[str, Callable[[], object]]] = [
        ("wrote to a file of the course", lambda: place.write_bytes(b"mine")),
        ("removed a file of the course", place.unlink),
        ("put a file beside the course's", lambda: place.with_name("mine").touch()),
        ("made room for it to be written", lambda: call("mount", None, str(place.parent), None, _REMOUNT, None)),
    ]
    for said, attempt in attempts:
        with contextlib.suppress(OSError):
            attempt()
            return said
    return "" if place.read_bytes() == GIVEN.encode() else "it is another file"


def reach_the_network(target: Target) -> str:
    with socket.create_connection(("127.0.0.1", target.port), timeout=2):
        return "connected to a server"


def read_anothers_memory(target: Target) -> str:
    buffer = ctypes.create_string_buffer(len(SECRET))
    ours = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(SECRET))
    theirs = (ctypes.c_size_t * 2)(target.address, len(SECRET))
    try:
        call("process_vm_readv", target.process, ours, 1, theirs, 1, 0)
    except OSError:
        with Path(f"/proc/{target.process}/mem").open("rb") as memory:
            memory.seek(target.address)
            return "read its memory through /proc" if memory.read(len(SECRET)) == SECRET else ""
    return "read its memory"


def trace_another(target: Target) -> str:
    call("ptrace", _PTRACE_SEIZE, target.process, None, None)
    return "attached to the process that starts the sandboxes"


def end_another(target: Target) -> str:
    os.kill(target.process, 0)
    return "could have killed the process that starts the sandboxes"


def find_the_environment(target: Target) -> str:
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    if VARIABLE in os.environ or getenv(VARIABLE.encode()):
        return "read the grader's environment"
    return "read it in /proc" if VARIABLE.encode() in Path("/proc/self/environ").read_bytes() else ""


def find_an_open_file(target: Target) -> str:
    found = []
    for descriptor in range(3, 256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    left = set(found) - set(target.open)
    return f"found the descriptors {sorted(left)}" if left else ""


def get_privileges(target: Target) -> str:
    attempts: list[tuple[str, Callable[[], object]]] = [
        ("became root", lambda: os.setuid(0) if os.getuid() else call("mount", "none", "/mnt", "tmpfs", 0, None)),
        ("made a user namespace", lambda: call("unshare", _CLONE_NEWUSER)),
        ("made a device", lambda: os.mknod("device", 0o20600, os.makedev(1, 1))),
    ]
    for said, attempt in attempts:
        try:
            attempt()
        except OSError:
            continue
        return said
    return ""


def fill_the_memory(target: Target) -> str:
    size = 2 * target.settings.memory_mb * MEGABYTE
    with mmap.mmap(-1, size):
        return f"got {size // MEGABYTE} MB"


def fill_the_disk(target: Target) -> str:
    allowed = target.settings.scratch_mb
    block = bytes(MEGABYTE)
    written = 0
    while written <= 2 * allowed:
        with Path(f"file{written}").open("wb") as file:
            file.write(block)
        written += 1
    return f"wrote {written} MB, {allowed} MB are allowed"


def start_processes_without_end(target: Target) -> str:
    started: list[int] = []
    try:
        while len(started) < target.settings.processes + _FORKS:
            child = os.fork()
            if child == 0:
                signal.pause()
            started.append(child)
    except OSError:
        return ""
    finally:
        for child in started:
            os.kill(child, signal.SIGKILL)
    return f"started {len(started)} processes, {target.settings.processes} are allowed"


def leave_a_process_behind(target: Target) -> str:
    """Start a daemon that holds the channel; the doctor sees whether it outlives the sandbox."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(30)
        os._exit(0)
    return ""


def see_other_processes(target: Target) -> str:
    seen = [name for name in _entries("/proc") if name.isdigit()]
    return f"saw {len(seen)} processes" if len(seen) > 2 else ""


def _entries(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]
