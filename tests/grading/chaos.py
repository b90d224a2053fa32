"""A class whose results are known, a real scheduler with workers, and ways to kill each of its processes."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
from distributed import Security

from grading.config.input_seeds import derive
from grading.config.secret import course_secret
from grading.masters import notebook

MAIN = """
import sys
from pathlib import Path
from grading.config import Course
from grading.run.cluster import Tls
from grading.config.settings import Times
from grading.masters.assignment import Assignment
from grading.run.grade import How, grade

root, scheduler, certificates = sys.argv[1], sys.argv[2], Path(sys.argv[3])
course = Course(*(Path(root) / folder for folder in ("solutions", "assignments", "work")))
tls = Tls(certificates / "ca.pem", certificates / "certificate.pem", certificates / "key.pem")
how = How(scheduler=scheduler, tls=tls, times=Times(call=6, item=12))
for event in grade(Assignment(course, "toy"), None, how):
    print(event.verdict.student, *event.examined, flush=True)
"""
RIGHT = {
    "double": "def double(x):\n    return x + x",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
}
# what each kind of student writes, and the points that it gets for (double, mean)
KINDS = {
    "right": (RIGHT, (2, 1)),
    "even": (RIGHT | {"double": "def double(x):\n    return 2 * x if x % 2 == 0 else 0"}, (None, 1)),
    "wrong": (RIGHT | {"mean": "def mean(values):\n    return sum(values) / 2"}, (2, 0)),
    "raises": (RIGHT | {"double": "def double(x):\n    return x.double"}, (0, 1)),
    "syntax": (RIGHT | {"mean": "def mean(values)\n    return 2"}, (2, 0)),
    "dies": (RIGHT | {"double": "def double(x):\n    import os\n    os._exit(3)"}, (0, 1)),
    "untouched": ({}, (0, 0)),
}
HANGS = (RIGHT | {"mean": "def mean(values):\n    while True:\n        pass"}, (2, 0))


def write_class(course, count):
    """Write `count` submissions, no two alike; returns the points that each must get."""
    released = notebook.read(course.released("toy"))
    secret = course_secret(course.work)
    expected = {}
    for number in range(count):
        student = f"student{number:03}"
        answers, points = HANGS if number % 100 == 50 else list(KINDS.values())[number % len(KINDS)]
        nb = notebook.with_answers(released, {name: f"# {student}\n{text}" for name, text in answers.items()})
        notebook.write(nb, course.step("submitted", student, "toy") / "toy.ipynb")
        double = points[0]
        if double is None:  # right for the inputs that are even: which ones come, the seed decides
            draw = random.Random(derive(secret, student, "toy", "test_double"))
            double = 2 if draw.randint(5, 1000) % 2 == 0 else 0
        expected[student] = {"test_double": double, "test_mean": points[1]}
    return expected


class Cluster:
    """`dask scheduler` and `dask worker` as an instructor would start them, started again when they end."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self.folder = folder
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        security = Security.temporary()
        parts = {"ca": security.tls_ca_file, "certificate": security.tls_client_cert, "key": security.tls_client_key}
        for name, text in parts.items():
            (self.certificates / f"{name}.pem").write_text(text)
        options = {"--tls-ca-file": "ca", "--tls-cert": "certificate", "--tls-key": "key"}
        tls = [word for option, name in options.items() for word in (option, f"{self.certificates}/{name}.pem")]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.address = f"tls://127.0.0.1:{port}"
        dask = [sys.executable, "-m", "dask"]
        self._commands = {
            "scheduler": [*dask, "scheduler", "--host", "tls://127.0.0.1", "--port", port, "--no-dashboard", *tls],
            "workers": [*dask, "worker", self.address, f"--nworkers={workers}", "--nthreads=1", "--no-dashboard", *tls],
        }
        self._environment = os.environ | {"TMPDIR": str(folder)}
        self._log = (folder / "cluster.log").open("ab")
        self._running: dict[str, subprocess.Popen] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._supervise)

    def __enter__(self):
        self._watch.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._watch.join()
        for process in self._running.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()
        for process in self.zygotes():
            process.kill()
        self._log.close()

    def main(self, course):
        """Start the main process."""
        command = [sys.executable, "-c", MAIN, str(course.root), self.address, str(self.certificates)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._environment, text=True
        )

    def scheduler(self):
        return [self._running["scheduler"]] if "scheduler" in self._running else []

    def workers(self):
        """The workers; their nannies, which start them again, live on."""
        with contextlib.suppress(psutil.NoSuchProcess, KeyError):
            children = psutil.Process(self._running["workers"].pid).children(recursive=True)
            return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []

    def zygotes(self):
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = process.cmdline()
                if "grading.examine.warm_process" in line and any(word.startswith(str(self.folder)) for word in line):
                    found.append(process)
        pids = {process.pid for process in found}
        return [process for process in found if process.is_running() and process.ppid() not in pids]

    def examiners(self):
        found = []
        for zygote in self.zygotes():
            with contextlib.suppress(psutil.Error):
                found += [child for child in zygote.children() if child.name() == "cs182-examiner"]
        return found

    def _supervise(self):
        while not self._over.wait(0.1):
            for name, command in self._commands.items():
                process = self._running.get(name)
                if process is None or process.poll() is not None:
                    self._running[name] = subprocess.Popen(
                        command, env=self._environment, stdout=self._log, stderr=self._log
                    )


def kill_one(processes, draw):
    """Kill one of some processes, if there is one; returns whether there was."""
    processes = list(processes)
    if not processes:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(draw.choice(processes).pid, signal.SIGKILL)
    return True


def wait(main, seconds):
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + seconds
    while main.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return main.poll() is not None
