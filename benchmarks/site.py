"""The site in headless Chromium: seconds until each page's first picture, frames a second, forward passes.

Needs `make site` first, and Chromium with Playwright; without them it says so in a line.
"""

import argparse
import functools
import http.server
import os
import re
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DIST = Path(__file__).resolve().parents[1] / "site" / "dist"
FLAGS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CAMERAS = {"deepvis": r"forward in (\d+) ms", "fast_style": r"one pass of (\d+) ms"}
SOON = 120_000  # milliseconds that a page may take before the benchmark gives up
WATCH = """document.addEventListener("DOMContentLoaded", () => {
    const body = document.getElementById("body");
    const look = () => { if ("ready" in body.dataset) window.readyAfter ??= performance.now(); };
    new MutationObserver(look).observe(body, { attributes: true });
    look();
});"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address of a plain local server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def opened(playwright, address: str, name: str) -> Iterator[object]:
    """A page in a browser that has seen nothing before."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    try:
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, permissions=["camera"])
        context.set_default_timeout(SOON)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"{address}/{name}.html")
        page.wait_for_function("() => window.readyAfter !== undefined")
        yield page
    finally:
        browser.close()


def filmed(page, pattern: str, seconds: float) -> tuple[float, float]:
    """Frames a second with the fake camera, over the last ones, and milliseconds of a pass: the best of several."""
    page.get_by_role("button", name="Camera").click()
    page.locator(".rate", has_text="frames a second").wait_for()
    rates, passes = [], []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        page.wait_for_timeout(300)
        text = page.locator(".rate").inner_text()
        rates.append(float(re.match(r"[\d.]+", text)[0]))
        passes.append(float(re.search(pattern, text)[1]))
    return max(rates), min(passes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="that each camera is watched")
    options = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if sync_playwright is None or not shutil.which("chromium") or not (DIST / "index.html").exists():
        print("the site is not timed: it needs `make site`, Chromium and Playwright")
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning, {options.rounds} rounds")
    pages = sorted(path.stem for path in DIST.glob("*.html"))
    with served(DIST) as address, sync_playwright() as playwright:
        for name in pages:
            times = []
            for _ in range(options.rounds):
                with opened(playwright, address, name) as page:
                    times.append(page.evaluate("() => window.readyAfter") / 1000)
            least, middle = min(times), statistics.median(times)
            print(f"{name:12} first picture after {least:.1f} s at best, {middle:.1f} s in the middle", flush=True)
        for name, pattern in CAMERAS.items():
            with opened(playwright, address, name) as page:
                rate, passed = filmed(page, pattern, options.seconds)
            print(
                f"{name:12} {rate:.1f} frames a second with the camera, a pass in {passed:.0f} ms, at best", flush=True
            )
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
