"""A worker is light, refuses another version's tasks, and says so whenever no verdict came."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grading.examine import shared_zygote
from grading.run import worker
from grading.run.worker import ExaminerError, FaultError, VersionError, examine
from grading.sandbox.zygote import main as _zygote  # noqa: F401  (imports no torch by itself either)
from grading.verdicts.code_version import code_version


def task(**changes):
    job = {"seeds": {"test_f": 1}, "times": {"submission": 0.0}}
    return json.dumps({"version": code_version(), "settings": {}, "job": job, "submission": ""} | changes)


ITEM = {"grade_id": "test_f"}
GOOD = {"items": [ITEM], "state": "graded", "flags": [], "reason": ""}


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Put a stand-in in place of the zygote, whose examiners answer with the given bytes, or nothing for None."""
    servers = []

    def put(reply):
        path = str(tmp_path / "socket")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        servers.append(server)
        monkeypatch.setattr(worker, "zygote", lambda settings: path)
        monkeypatch.setattr(worker, "MARGIN", 1.0)

        def serve():
            connection, _ = server.accept()
            _, (descriptor,), _, _ = socket.recv_fds(connection, 4096, 1)
            connection.sendall(b'{"pid": 1}\n')
            with socket.socket(fileno=descriptor) as theirs:
                if reply == b"hang":
                    connection.recv(1)
                elif reply is not None:
                    theirs.recv(1 << 20)
                    theirs.sendall(struct.pack("<Q", len(reply)) + reply)
                    connection.recv(1)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()

    yield put
    for server in servers:
        server.close()


def test_an_answer_is_passed_on(answer):
    answer(json.dumps(GOOD).encode())
    assert json.loads(examine(task())) == GOOD


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (None, "ended without a verdict"),
        (b"hang", "did not end in time"),
        (b"{", "nonsense"),
        (b"[]", "nonsense"),
        (b"\xff\xff", "nonsense"),
        (json.dumps(GOOD | {"items": []}).encode(), "nonsense"),
        (json.dumps(GOOD | {"items": [ITEM, {"grade_id": "other"}]}).encode(), "nonsense"),
        (json.dumps({"items": []}).encode(), "nonsense"),
    ],
    ids=["death", "hanging", "half", "list", "bytes", "too few", "too many", "no state"],
)
def test_anything_else_is_worth_another_attempt(answer, reply, words):
    answer(reply)
    with pytest.raises(ExaminerError, match=words):
        examine(task())


def test_a_bundle_that_goes_to_each_worker_once_is_part_of_the_job(monkeypatch):
    sent = []

    class Child:
        def __init__(self, path, role):
            self.socket = None

        def close(self):
            pass

    class Channel:
        def __init__(self, connection):
            pass

        def send(self, message, seconds):
            sent.append(json.loads(message))

        def receive(self, seconds):
            return json.dumps(GOOD).encode()

    monkeypatch.setattr(worker, "zygote", lambda settings: "socket")
    monkeypatch.setattr(worker, "Child", Child)
    monkeypatch.setattr(worker, "Channel", Channel)
    bundle = {"assignment": 'a "name" with {"job": {braces', "tests": []}
    examine(task(), json.dumps(bundle))
    examine(task(job={"seeds": {"test_f": 1}, "times": {"submission": 0.0}, "bundle": bundle}))
    assert sent[0] == sent[1]
    assert sent[0]["job"]["bundle"] == bundle


def test_a_fault_of_the_machine_is_told_apart(answer):
    answer(b'{"fault": "no namespaces"}')
    with pytest.raises(FaultError, match="no namespaces"):
        examine(task())


def test_what_is_under_way_can_be_given_up(answer):
    answer(b"hang")
    timer = threading.Timer(0.2, worker.abandon)
    timer.start()
    with pytest.raises(ExaminerError, match="ended without a verdict"):
        examine(task(job={"seeds": {"test_f": 1}, "times": {"submission": 30.0}}))
    timer.join()
    worker.abandon()  # nothing is under way: nothing happens


def test_another_version_is_refused():
    with pytest.raises(VersionError, match="install the same"):
        examine(task(version="0" * 64))


def test_a_worker_loads_no_torch():
    heavy = ("torch", "numpy", "nbgrader", "IPython")
    code = f"import sys, grading.run.worker; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


FAKE = """
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
open(sys.argv[1] + ".pids", "a").write(f"{os.getpid()}\\n")
server.listen()
held = []
while True:
    held.append(server.accept())
"""
STARTER = """
import subprocess, sys
from pathlib import Path
from grading.examine import shared_zygote
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
shared_zygote._launch = lambda path, settings, log: subprocess.Popen([sys.executable, "-c", sys.argv[1], path], **quiet)
print(shared_zygote.zygote(*sys.argv[2:]), flush=True)
sys.stdin.read()
"""


def test_workers_that_start_together_share_one_zygote(tmp_path):
    command = [sys.executable, "-c", STARTER, FAKE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": {"TMPDIR": str(tmp_path)}}
    workers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    paths = {process.stdout.readline().strip() for process in workers}
    for process in workers:
        process.communicate()
    (path,) = paths
    (pid,) = open(f"{path}.pids").read().split()  # noqa: PTH123, SIM115
    subprocess.run(["kill", pid], check=True)


def test_the_next_start_removes_what_dead_zygotes_left_and_leaves_the_living_alone(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": {"TMPDIR": str(tmp_path)}}

    def start(settings):
        """A worker that needs the zygote for these settings; returns the worker, and the zygote's socket and pid."""
        asker = subprocess.Popen([sys.executable, "-c", STARTER, FAKE, settings], **pipes)
        path = Path(asker.stdout.readline().strip())
        return asker, path, int(path.with_name(f"{path.name}.pids").read_text())

    first, living, kept = start('{"a": 1}')
    second, dead, ended = start('{"a": 2}')
    assert living.parent == dead.parent == tmp_path / f"cs182-{os.getuid()}"
    assert living != dead
    for path in (living, dead):
        path.with_name(f"{path.name}.log").touch()
    os.kill(ended, signal.SIGKILL)
    second.communicate()
    third, newest, last = start('{"a": 3}')
    assert {path.name for path in living.parent.iterdir() if path.suffix != ".pids"} == {
        *("lock", living.name, f"{living.name}.log", newest.name)
    }
    again, path, same = start('{"a": 1}')
    assert (path, same) == (living, kept)
    for asker in (first, third, again):
        asker.communicate()
    for pid in (kept, last):
        os.kill(pid, signal.SIGKILL)


def test_the_zygotes_folder_is_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_zygote.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = shared_zygote.private_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert shared_zygote.private_folder() == folder
    folder.chmod(0o755)
    with pytest.raises(shared_zygote.ZygoteError, match="not a private folder"):
        shared_zygote.private_folder()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(shared_zygote.ZygoteError, match="not a private folder"):
        shared_zygote.private_folder()
