"""Are the kernels of the tests, forks of one process, like ordinary ones?"""

import os
import signal
import sys

import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.environ.get("WARM_KERNELS") == "",
    reason="kernels are forked on Linux alone, and not where WARM_KERNELS is empty",
)
SOON = 60
WHO = "import os; os.getpid(), os.getppid()"


def run(*sources: str, **options) -> list:
    """Run cells in a kernel of their own; returns the outputs of each."""
    nb = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(nb, kernel_name="python3", timeout=SOON, **options).execute()
    return [cell.outputs for cell in nb.cells]


def value(source: str) -> str:
    """What a new kernel shows for an expression."""
    ((*_, output),) = run(source)
    return output.data["text/plain"]


@pytest.fixture
def kernel():
    """A kernel's manager, the process id of the fork, and its client."""
    manager, client = start_new_kernel(kernel_name="python3")
    answers: list[dict] = []
    client.execute_interactive(WHO, timeout=SOON, output_hook=lambda message: answers.append(message["content"]))
    (shown,) = [answer["data"]["text/plain"] for answer in answers if "data" in answer]
    pid, parent = eval(shown)
    assert psutil.Process(parent).cmdline()[1].endswith("warm.py")
    yield manager, psutil.Process(pid), client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_cell_runs_and_prints_and_draws(monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # under pytest, ipykernel leaves what programs print alone
    printed, _, drawn = run(
        "import os; print('hello'); os.system('echo you')",
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "plt.plot([1, 2]);",
    )
    assert "".join(output.get("text", "") for output in printed).split() == ["hello", "you"]
    assert "image/png" in drawn[0].data


@pytest.mark.parametrize("backend", ["", "Agg"])
def test_it_starts_as_an_ordinary_kernel_does(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", backend)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SOME_NAME", "a value\n\udc80")
    monkeypatch.chdir(tmp_path)
    facts = (
        "import gc, os, sys, matplotlib.pyplot as plt; del os.environ['WARM_KERNELS']\n"
        "sys.argv[2:3] = []  # the connection file\n"
        "places = [*dict.fromkeys(sys.path)]  # one twice, to some versions of ipykernel\n"
        "sys.argv[1:], sys.flags, places, os.getcwd(), dict(os.environ), gc.get_threshold(), plt.get_backend()"
    )
    warm = value(facts)
    monkeypatch.setenv("WARM_KERNELS", "nobody")
    assert value(facts) == warm


def test_nothing_of_ours_is_imported_nor_what_must_be_imported_in_a_kernel():
    absent = {"cs182viz", "grading", "matplotlib.pyplot", "ipywidgets", "tqdm.auto"}
    assert eval(value(f"import sys; sys.modules.keys() & {absent}")) == set()


def test_two_kernels_draw_different_numbers():
    draw = "import random, numpy, torch; random.random(), numpy.random.rand(), torch.rand(1).item()"
    first, second = eval(value(draw)), eval(value(draw))
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_an_endless_loop_is_interrupted():
    (outputs,) = run(
        "print('on')\nwhile True: pass", timeout_func=lambda _: 2, interrupt_on_timeout=True, allow_errors=True
    )
    assert outputs[-1].ename == "KeyboardInterrupt"


def test_a_kernel_that_kills_itself_is_dead():
    with pytest.raises(DeadKernelError):
        run("import os; os.kill(os.getpid(), 9)")


@pytest.mark.parametrize(("end", "status"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", -signal.SIGKILL)])
def test_it_ends_with_the_status_of_the_kernel(kernel, end, status):
    manager, _, client = kernel
    client.execute(f"import os; {end}")
    assert manager.provisioner.process.wait(SOON) == status


def test_shutting_down_leaves_no_process_behind(kernel):
    manager, process, _ = kernel
    started = [process, psutil.Process(manager.provisioner.pid)]
    manager.shutdown_kernel()
    assert psutil.wait_procs(started, SOON)[1] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_kernel_ends_with_the_process_that_stands_for_it(kernel, number):
    manager, process, _ = kernel
    os.kill(manager.provisioner.pid, number)
    assert psutil.wait_procs([process], SOON)[0] == [process]


def test_without_the_warm_process_it_is_an_ordinary_kernel(monkeypatch):
    monkeypatch.setenv("WARM_KERNELS", "nobody")
    parent = int(value("import os; os.getppid()"))
    assert parent == os.getpid()
