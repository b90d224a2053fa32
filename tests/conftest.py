"""Fixtures for every test, and the order in which the tests begin."""

import gc
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before torch and NumPy are imported anywhere: several test processes share the cores.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
TESTS = Path(__file__).parent
STARTUP = str(TESTS / "startup")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [STARTUP, os.environ.get("PYTHONPATH")]))
runpy.run_path(f"{STARTUP}/sitecustomize.py")  # this process has started already

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving test picture
    "--use-fake-ui-for-media-stream",
]

LONG = (  # parts of the names of tests that take from half a minute to minutes, the longest first
    "test_each_known_mistake_loses_points_and_most_are_recognised_by_name[fooling]",
    "test_chaos.py",
    "test_a_lecture_runs_offline_and_draws",
    "test_a_solved_notebook_validates_runs_and_draws",
    "test_the_mirror_finds_nothing_to_put_right_in_the_class",
    "test_two_students_get_their_own_pages_through_the_exchange",
    "test_each_known_mistake_loses_points",
    "test_the_session_of_the_page_prints_what_the_page_says",
    "test_ctrl_c_stops_with_a_sentence",
    "test_stock.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every worker begin with its share of the long tests, or one of them would run alone at the end.

    A worker gets a run of neighbours of the list first, and takes from the others' ends when it is done with it.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    rank = {item: next((place for place, part in enumerate(LONG) if part in item.nodeid), None) for item in items}
    long = sorted((item for item in items if rank[item] is not None), key=lambda item: rank[item] or 0)
    short = [item for item in items if rank[item] is None]
    ends = [len(short) * worker // workers for worker in range(workers + 1)]
    items[:] = [
        item for worker in range(workers) for item in (*long[worker::workers], *short[ends[worker] : ends[worker + 1]])
    ]


def pytest_collection_finish() -> None:
    """What was imported stays until the end: nobody has to look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def warm_kernels() -> Iterator[None]:
    """Let whatever starts a Jupyter kernel find the kernelspec of `tests/kernels`, whose kernels are quick to start.

    The process that they are forks of begins its imports, which take seconds, when the first kernel is asked for.
    ``WARM_KERNELS=`` in the environment, empty, leaves the kernels as they are.
    """
    if not sys.platform.startswith("linux") or os.environ.get("WARM_KERNELS") == "":
        yield
        return
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(f"{folder}/socket")
            listener.listen()
            warm = subprocess.Popen(
                [sys.executable, TESTS / "kernels" / "python3" / "warm.py", str(listener.fileno())],
                env=environment,
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for pytest
            )
        patch.setenv("WARM_KERNELS", f"{folder}/socket")
        patch.setenv("JUPYTER_PATH", str(TESTS), prepend=os.pathsep)
        yield
        warm.communicate()  # it ends with its standard input


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, the machine's own; one for all pages of a process, since Playwright allows no second."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine: install it (Debian: apt-get install chromium)")
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright drives the browser: pip install playwright"
    )
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
