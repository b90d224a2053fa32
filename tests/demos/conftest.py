"""Demonstrations in the real thing: one JupyterLab and one Voila server a session, driven by headless Chromium.

``notebook("demos/deepvis.ipynb")`` opens a notebook of a temporary copy of ``lectures/``, runs all its cells and gives
Playwright's page; ``voila_page("deepvis.ipynb")`` opens the same as a page of Voila. ``snap(page, "name")`` saves
what is seen, into the folder SCREENSHOTS names if it is set.
"""

import filecmp
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cs182viz import cli

CLONE = Path(__file__).resolve().parents[2]
SOON = 120  # seconds that anything may take on a busy machine before a test gives up
CONNECTED = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.context?.sessionContext;
    return session?.isReady && session.session?.kernel?.connectionStatus === 'connected';
}"""
ALL_RAN = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(one => one.textContent);
    return prompts.length > 0 && prompts.every(text => /\\[\\d+\\]/.test(text));
}"""


@dataclass(frozen=True)
class Server:
    """A running server, the folder it serves, and the token that it asks for."""

    url: str
    token: str
    root: Path

    def call(self, method: str, path: str) -> bytes:
        """Talk to its REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", method=method, headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return answer.read()

    def end_kernels(self) -> None:
        """Shut every kernel down, so that the next test finds a free machine."""
        for kernel in json.loads(self.call("GET", "api/kernels")):
            self.call("DELETE", f"api/kernels/{kernel['id']}")


@pytest.fixture(scope="session")
def lectures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the lecture's notebooks that tests may write into; no page changes a picture that is committed."""
    committed = CLONE / "lectures"
    copy = shutil.copytree(committed, tmp_path_factory.mktemp("lab") / "lectures")
    yield copy
    pictures = [path.relative_to(committed) for path in committed.rglob("*.png")]
    assert filecmp.cmpfiles(committed, copy, pictures, shallow=False)[0] == pictures


@pytest.fixture(scope="session")
def lab(lectures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on that copy, with settings of its own that ask nothing of a newcomer."""
    home = tmp_path_factory.mktemp("home")
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    options = ["--expose-app-in-browser", f"--ServerApp.root_dir={lectures}", "--ServerApp.allow_root=True"]
    yield from _serving("jupyterlab", options, "api/status", lectures, home)


@pytest.fixture(scope="session")
def voila(lectures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Voila on the demonstrations of that copy."""
    options = [str(lectures / "demos"), *cli.QUIET_PAGES]
    yield from _serving("voila", options, "", lectures, tmp_path_factory.mktemp("voila"))


@pytest.fixture
def page(browser):
    """A page with a fresh profile, as large as a projector shows it; it asks nothing of another host."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, permissions=["camera"])
    context.set_default_timeout(SOON * 1000)
    page, asked = context.new_page(), set()
    page.on("request", lambda request: asked.add(request.url))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))] == []


@pytest.fixture
def errors(page) -> list[str]:
    """What went wrong in the page so far: exceptions, and errors in its console."""
    found: list[str] = []

    def heard(line) -> None:
        # Voila's message that a page was left, which a server with a token refuses, is of the page before.
        if line.type == "error" and "/voila/api/shutdown/" not in line.location["url"]:
            found.append(f"{line.text} {line.location['url']}")

    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", heard)
    return found


@pytest.fixture
def notebook(page, lab: Server) -> Iterator[Callable]:
    """``notebook(path, run=True)`` opens a notebook below lectures/ alone on the page, runs it, and gives the page."""

    def open_notebook(path: str, *, run: bool = True):
        page.goto(f"{lab.url}/doc/tree/{path}?token={lab.token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(CONNECTED)
        if run:
            page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
            page.wait_for_function(ALL_RAN)
            failed = page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
            assert not failed, failed[0]
        return page

    yield open_notebook
    page.goto("about:blank")
    lab.end_kernels()


@pytest.fixture
def voila_page(page, voila: Server) -> Iterator[Callable]:
    """``voila_page(name)`` opens a notebook of lectures/demos as a page of Voila and gives the page."""
    kernels: list[str] = []

    def leave() -> None:
        # A page that is left says so without the token, which this server refuses: its kernel would play on for ever.
        page.goto("about:blank")
        while kernels:
            voila.call("POST", f"voila/api/shutdown/{kernels.pop()}")

    def open_page(name: str):
        leave()
        page.goto(f"{voila.url}/voila/render/{name}?token={voila.token}")
        page.wait_for_selector(".jupyter-widgets")
        kernels.append(page.evaluate("() => JSON.parse(document.getElementById('jupyter-config-data').text).kernelId"))
        return page

    yield open_page
    leave()


@pytest.fixture
def kept(lectures: Path) -> Callable[..., Path]:
    """``kept(page, name)`` waits for the picture that a demonstration leaves in the user's cache during the test."""
    pictures = _cache(lectures) / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)  # those of tests before

    def wait(page, name: str) -> Path:
        path = pictures / name
        for _ in range(10 * SOON):
            if path.is_file():
                return path
            page.wait_for_timeout(100)
        raise AssertionError(f"no picture was kept in {path}")

    return wait


@pytest.fixture
def snap(tmp_path: Path) -> Callable[..., Path]:
    """``snap(page_or_locator, name)`` saves a screenshot and gives its path."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)

    def save(seen, name: str) -> Path:
        seen.screenshot(path=folder / f"{name}.png")
        return folder / f"{name}.png"

    return save


def _serving(module: str, options: list[str], probe: str, root: Path, home: Path) -> Iterator[Server]:
    """Run a server on a free port of this machine for as long as the session takes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}", secrets.token_hex(16), root)
    log = home / "log.txt"
    command = [sys.executable, "-m", module, *options, "--no-browser", "--port", str(port)]
    command += [f"--{'Voila' if module == 'voila' else 'IdentityProvider'}.token={server.token}"]
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=root, env=_environment(home) | {"CS182VIZ_CACHE": str(_cache(root))}, stdout=file, stderr=file
        )
        try:
            _wait_for(server, probe, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _cache(lectures: Path) -> Path:
    """The cache of the user who runs the servers."""
    return lectures.parent / "cache"


def _wait_for(server: Server, probe: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.call("GET", probe)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")


def _environment(home: Path) -> dict[str, str]:
    """This environment, with nothing of the user's settings, and the course's folders where they are."""
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    paths = os.pathsep.join(filter(None, [str(CLONE), os.environ.get("PYTHONPATH")]))
    return cli.kernel_environment() | {name: str(home / folder) for name, folder in own.items()} | {"PYTHONPATH": paths}
