"""The site, built once a session from a copy of its sources, given out by a plain server, opened in headless Chromium.

Whatever a page does that nobody should see (an error, a word in the console, a request to elsewhere) fails its test.
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    if modules.is_dir():
        (found.sources / "node_modules").symlink_to(modules)
    elif _run(["npm", "ci", "--no-audit", "--no-fund"], found.sources, check=False).returncode:
        pytest.skip("npm could not fetch what the site is built with: run `make site` once with a network")
    data = found.sources / "public" / "data"
    _run([sys.executable, "-m", "tools.site", str(data), "--numbers", str(found.numbers)], CLONE)
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
    """An open page, and what it asked for: addresses, and bytes in all."""

    page: object
    asked: list[str]
    bytes: int = 0


@pytest.fixture
def visit(browser, address: str) -> Iterator[Callable[..., Visit]]:
    """``visit("deepvis", width=1400, scheme="dark")`` opens a page; at the end nothing may have gone wrong in it."""
    contexts, visits, wrong = [], [], []

    def open_page(name: str, *, width: int = 1400, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, permissions=["camera"]
        )
        context.set_default_timeout(SOON)
        contexts.append(context)
        seen = Visit(context.new_page(), [])
        visits.append(seen)
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.on("response", lambda answer: _count(seen, answer))
        seen.page.on("console", lambda message: wrong.append(f"{name}: {message.type}: {message.text}"))
        seen.page.on("pageerror", lambda error: wrong.append(f"{name}: {error}"))
        seen.page.on("requestfailed", lambda request: wrong.append(f"{name}: {request.url} failed"))
        seen.page.goto(f"{address}/{name}.html")
        return seen

    yield open_page
    found = list(wrong)  # what a page still loads when it is closed fails, and is no fault
    for context in contexts:
        context.close()
    assert not found, "\n".join(found)
    elsewhere = [url for seen in visits for url in seen.asked if not url.startswith((address, "blob:"))]
    assert not elsewhere, elsewhere


def _count(seen: Visit, answer) -> None:
    seen.bytes += int(answer.headers.get("content-length", 0))


@pytest.fixture
def snap(tmp_path: Path) -> Callable[..., Path]:
    """``snap(page, "name")`` saves what is seen, into the folder SCREENSHOTS names if it is set."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)

    def save(page, name: str) -> Path:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        return folder / f"{name}.png"

    return save
