"""Does the isolation hold on this machine? Each claim is tried by breaking out of a real sandbox.

``python -m grading.doctor.checkup`` prints what holds and what to install or change; it exits with 1 if something that
the course asks for does not.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import functools
import json
import os
import platform
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grading.config.settings import Settings
from grading.sandbox import zygote
from grading.sandbox.channel import Channel
from grading.sandbox.child import Child
from grading.walls import landlock
from grading.walls.isolation import LAYERS, IsolationError, Level, Walls, scratch_folder, walls
from grading.walls.syscalls import PR_SET_PDEATHSIG, prctl

from . import breakouts
from .breakouts import GIVEN, SECRET, VARIABLE, Target

_PATIENCE = 30.0
_NOTHING, _USE = "found nothing", "use the interpreter"
_ATTEMPT = 10
_EVERYWHERE, _FULL = tuple(Level)[:2], (Level.FULL,)
# what is tried, and at which levels it must fail
ATTEMPTS: tuple[tuple[Callable[[Target], str], tuple[Level, ...]], ...] = (
    (breakouts.read_the_graders_files, _EVERYWHERE),
    (breakouts.read_the_systems_secrets, _EVERYWHERE),
    (breakouts.read_the_answers, _EVERYWHERE),
    (breakouts.change_the_courses_files, _EVERYWHERE),
    (breakouts.reach_the_network, _EVERYWHERE),
    (breakouts.read_anothers_memory, _EVERYWHERE),
    (breakouts.trace_another, _EVERYWHERE),
    (breakouts.end_another, _EVERYWHERE),
    (breakouts.see_other_processes, _FULL),
    (breakouts.find_the_environment, _EVERYWHERE),
    (breakouts.find_an_open_file, _EVERYWHERE),
    (breakouts.get_privileges, _EVERYWHERE),
    (breakouts.fill_the_memory, _EVERYWHERE),
    (breakouts.fill_the_disk, _FULL),
    (breakouts.start_processes_without_end, _EVERYWHERE),
    (breakouts.leave_a_process_behind, _EVERYWHERE),
)
ADVICE = {
    "namespaces": "Allow user namespaces: sysctl user.max_user_namespaces=15000; on Ubuntu 24.04 also sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0; in Docker, run with --security-opt seccomp=unconfined or as a "
    "privileged container. Linux 5.12 or newer.",
    "seccomp": "Use Linux on x86-64 or arm64, with CONFIG_SECCOMP_FILTER.",
    "landlock": "Use Linux 5.13 or newer (6.12 to keep signals in) with landlock among its security modules (lsm=...).",
    "user": "Nothing to do: only root can give each sandbox a user of its own.",
}


@dataclass(frozen=True)
class Layer:
    """A layer of isolation: whether it is there, and what to do if it is not."""

    name: str
    present: bool
    advice: str = ""


@dataclass(frozen=True)
class Attempt:
    """An attempt to break out: whether it failed, as it should, what came of it, and whether that is promised."""

    name: str
    held: bool
    outcome: str
    promised: bool


@dataclass(frozen=True)
class Report:
    """What the doctor found; `well` if the machine gives what the course asks for and every promise held."""

    level: Level
    required: Level
    fault: str
    layers: tuple[Layer, ...]
    attempts: tuple[Attempt, ...]

    @property
    def well(self) -> bool:
        return not self.fault and all(attempt.held for attempt in self.attempts if attempt.promised)


def examine(settings: Settings) -> Report:
    """Try every wall on this machine. It takes a few seconds, no network, and leaves nothing behind."""
    confinement = walls(settings)
    layers = tuple(
        Layer(name, name in confinement.layers, "" if name in confinement.layers else ADVICE[name]) for name in LAYERS
    )
    try:
        confinement.check()
    except IsolationError as error:
        return Report(confinement.level, Level(settings.level), str(error), layers, ())
    outcomes = _try_all(confinement)
    unusable = outcomes[_USE][1]
    fault = ""
    if unusable != _NOTHING:
        fault = f"Student code cannot use Python ({unusable}): install it in a folder that every user may enter."
    attempts = tuple(
        Attempt(_words(attempt), *outcomes[_words(attempt)], confinement.level in levels)
        for attempt, levels in ATTEMPTS
    )
    return Report(confinement.level, Level(settings.level), fault, layers, attempts)


def _try_all(confinement: Walls) -> dict[str, tuple[bool, str]]:
    """Run the attempts in a sandbox that a real zygote starts; returns for each whether it failed, and what it said."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder, _server() as port:
        secret = Path(folder, "gradebook.db")
        secret.write_bytes(SECRET)
        secret.chmod(0o600)
        path = str(Path(folder, "socket"))
        target = functools.partial(Target, str(secret), port, hidden=confinement.files.hidden)
        with _starter(path, confinement, target) as process:
            child = Child(path, "sandbox")
            channel = Channel(child.socket)
            outcomes = {name: tuple(said) for name, said in json.loads(channel.receive(seconds=_PATIENCE)).items()}
            outcomes |= _afterwards(child, channel, process, path, outcomes)
    return outcomes


def _afterwards(
    child: Child, channel: Channel, process: int, path: str, outcomes: dict[str, tuple[bool, str]]
) -> dict[str, tuple[bool, str]]:
    """What only the outside can tell: does anything outlive the sandbox, and is the zygote alive?"""
    connection = channel.connection.dup()
    child.close()
    connection.settimeout(5)
    shutil.rmtree(scratch_folder(child.pid), ignore_errors=True)
    try:
        left = connection.recv(1) != b""
    except TimeoutError:
        left = True
    except ConnectionResetError:
        left = False
    found = {
        _words(breakouts.leave_a_process_behind): (not left, "it lived on" if left else "it ended with the sandbox")
    }
    if os.waitpid(process, os.WNOHANG)[0]:
        found[_words(breakouts.end_another)] = (False, "the process that starts the sandboxes is dead")
    return found


@contextlib.contextmanager
def _server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextlib.contextmanager
def _starter(path: str, confinement: Walls, target: Callable[..., Target]) -> Iterator[int]:
    """A zygote without torch, with a secret in its memory and in its environment."""
    memory = ctypes.create_string_buffer(SECRET)
    os.environ[VARIABLE] = SECRET.decode()
    process = os.fork()
    if process == 0:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        ours = os.getpid()
        role = functools.partial(_attack, confinement=confinement, target=target, process=ours, memory=memory)
        zygote.main(path, {"sandbox": role})
        os._exit(0)
    del os.environ[VARIABLE]
    try:
        deadline = time.monotonic() + _PATIENCE
        while not Path(path).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _attack(
    connection: socket.socket, *, confinement: Walls, target: Callable[..., Target], process: int, memory: ctypes.Array
) -> None:
    confinement.enter(connection.fileno(), {GIVEN: GIVEN.encode()})
    ctypes.memset(memory, 0, len(memory))  # this process's own copy is no find
    address, opened = ctypes.addressof(memory), (connection.fileno(),)
    reach = target(process=process, address=address, open=opened, settings=confinement.settings)
    outcomes = {_USE: _try(_use_the_interpreter, reach)}
    outcomes |= {_words(attempt): _try(attempt, reach) for attempt, _ in ATTEMPTS}
    Channel(connection).send(json.dumps(outcomes).encode())
    time.sleep(_PATIENCE)


def _try(attempt: Callable[[Target], str], target: Target) -> tuple[bool, str]:
    """Run one attempt in a fork of its own, so that none stands in the way of the next."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(_ATTEMPT)
        try:
            said = attempt(dataclasses.replace(target, open=(*target.open, writing)))
            outcome = (not said, said or _NOTHING)
        except BaseException as error:  # whatever stopped it, it was stopped
            outcome = (True, f"{type(error).__name__}: {error}")
        os.write(writing, json.dumps(outcome).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    os.set_blocking(reading, False)  # a process that the attempt left behind may hold the other end
    try:
        data = os.read(reading, 4096)
    except BlockingIOError:
        data = b""
    os.close(reading)
    return tuple(json.loads(data)) if data else (True, "the attempt was killed")


def _use_the_interpreter(target: Target) -> str:
    """What has to succeed: student code imports packages."""
    place = Path(os.__file__)
    return "" if place.read_bytes() else f"{place} is empty"


def _words(attempt: Callable[[Target], str]) -> str:
    words = attempt.__name__.replace("_", " ")
    for owner in ("grader", "system", "course"):
        words = words.replace(f"{owner}s ", f"{owner}'s ")
    return words


def main() -> int:
    """Print the report for this clone's course; returns the exit code."""
    from grading.config import Course
    from grading.config.settings import load

    report = examine(load(Course.from_environment().solutions))
    print(f"{platform.system()} {platform.release()}, Landlock {landlock.abi() or 'absent'}")
    print(f"level: {report.level}, required: {report.required}")
    for layer in report.layers:
        print(f"  {layer.name:12} {'present' if layer.present else 'absent. ' + layer.advice}")
    for attempt in report.attempts:
        mark = "held " if attempt.held else "BROKEN" if attempt.promised else "open  "
        print(f"  {mark:7} {attempt.name}: {attempt.outcome}")
    print(report.fault or ("All that this level promises held." if report.well else "The isolation does not hold."))
    return 0 if report.well else 1


if __name__ == "__main__":
    sys.exit(main())
