"""The site, built once a session from a copy of its sources, given out by a plain server, opened in headless Chromium.

Whatever a page does that nobody should see (an error, a word in the console, a request to elsewhere) fails its test.
"""

import functools
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

CLONE = Path(__file__).resolve().parents[2]
SOON = 120_000  # milliseconds that anything may take on a busy machine before a test gives up


@dataclass(frozen=True)
class Built:
    """The built site, its sources with what Node needs, and the numbers from PyTorch."""

    sources: Path
    numbers: Path

    @property
    def pages(self) -> Path:
        return self.sources / "dist"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The site as `make site` builds it; several workers of one session share it."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            pytest.skip(f"there is no {command} on this machine: install Node 20 or later to test the site")
    pytest.importorskip("onnx", reason="the site's networks are written with onnx: pip install onnx")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    found = Built(shared / "site", shared / "numbers")
    with FileLock(shared / "site.lock"):
        if not (found.pages / "index.html").exists():
            _build(found)
    return found


def _build(found: Built) -> None:
    ignored = shutil.ignore_patterns("node_modules", "dist", "public")
    shutil.copytree(CLONE / "site", found.sources, ignore=ignored, dirs_exist_ok=True)
    modules = CLONE / "site" / "node_modules"
    if (modules / ".package-lock.json").is_file():  # npm writes it last
        (found.sources / "node_modules").symlink_to(modules)
    elif _run(["npm", "ci", "--no-audit", "--no-fund"], found.sources, check=False).returncode:
        pytest.skip("npm could not fetch what the site is built with: run `make site` once with a network")
    from tools.site.export import export  # needs onnx

    export(found.sources / "public" / "data", found.numbers)  # in this process: imports take seconds
    _run(["npm", "run", "build"], found.sources)


def _run(command: list[str], folder: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a folder of a plain server that the site was copied into."""
    root = tmp_path_factory.mktemp("server")
    shutil.copytree(built.pages, root / "some" / "folder")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/some/folder"
        server.shutdown()


@dataclass
class Visit:
    """An open page, what it asked for (addresses, bytes in all), and what went wrong in it."""

    page: object
    context: object
    asked: list[str] = field(default_factory=list)
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


class Visits:
    """One open page of each name: opening one costs seconds, so tests that need no beginning share it."""

    def __init__(self, browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.open: dict[str, Visit] = {}

    def __call__(self, name: str, *, fresh: bool = False) -> Visit:
        """The page that is open, at whatever a test left it; a `fresh` one begins where a visitor does."""
        if fresh and name in self.open:
            self.open.pop(name).context.close()
        if name not in self.open:
            self.open[name] = self._opened(name)
        return self.open[name]

    def rest(self) -> None:
        """Stop what the pages do; nothing may have gone wrong in them, and nothing come from elsewhere."""
        for seen in self.open.values():
            seen.page.evaluate("() => document.querySelector('.footer button')?.click()")
        wrong = [line for seen in self.open.values() for line in seen.wrong]
        elsewhere = [url for seen in self.open.values() for url in seen.asked if not url.startswith(self._own)]
        for seen in self.open.values():
            seen.wrong, seen.asked = [], []
        assert not wrong, "\n".join(wrong)
        assert not elsewhere, elsewhere

    @property
    def _own(self) -> tuple[str, str]:
        return self.address, "blob:"

    def _opened(self, name: str) -> Visit:
        context = self.browser.new_context(viewport={"width": 1400, "height": 1000}, permissions=["camera"])
        context.set_default_timeout(SOON)
        seen = Visit(context.new_page(), context)
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.on("response", lambda answer: _count(seen, answer))
        seen.page.on("console", lambda message: seen.wrong.append(f"{name}: {message.type}: {message.text}"))
        seen.page.on("pageerror", lambda error: seen.wrong.append(f"{name}: {error}"))
        seen.page.on("requestfailed", lambda request: seen.wrong.append(f"{name}: {request.url} failed"))
        seen.page.goto(f"{self.address}/{name}.html")
        return seen


def _count(seen: Visit, answer) -> None:
    seen.bytes += int(answer.headers.get("content-length", 0))


@pytest.fixture(scope="session")
def visits(browser, address: str) -> Iterator[Visits]:
    """The pages that tests of one process share."""
    found = Visits(browser, address)
    yield found
    for seen in found.open.values():
        seen.context.close()


@pytest.fixture
def visit(visits: Visits) -> Iterator[Visits]:
    """``visit("deepvis")`` gives a page; at the end all come to rest, and nothing may have gone wrong in any."""
    yield visits
    visits.rest()


@pytest.fixture
def snap() -> Callable[..., None]:
    """``snap(page, "name")`` saves what is seen into the folder that SCREENSHOTS names, if it is set."""
    folder = os.environ.get("SCREENSHOTS")

    def save(page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return save
