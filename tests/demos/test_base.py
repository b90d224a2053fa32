"""Does the frame that all demonstrations share work in a real JupyterLab: frames, Stop, errors, the kept picture?"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

DEMO = """
import itertools, time
import ipywidgets, numpy as np
from cs182viz.demos.page.base import Demo, encoded

class Pulse(Demo):
    def __init__(self):
        super().__init__("Pulse", "The square changes its shade.", keep="pictures/pulse.png")
        self.shown = ipywidgets.Image()
        self.shown.add_class("pulse")
        self.body.children = [self.shown]
        self.run(self.beat, on_frame=self.show, doing="Beating ...", total=100)

    def beat(self):
        for number in itertools.count():
            yield np.full((8, 8), number % 256, np.uint8)
            time.sleep(0.02)

    def show(self, frame):
        self.frame = frame
        self.shown.value = encoded(frame, side=200, crisp=True)

    def snapshot(self):
        from PIL import Image
        return Image.fromarray(self.frame)

pulse = Pulse()
pulse
"""


@pytest.fixture(scope="module")
def pulse(lectures):
    cells = [new_code_cell(DEMO), new_code_cell("6 * 7")]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    nbformat.write(new_notebook(cells=cells, metadata=python), lectures / "demos" / "pulse.ipynb")
    return "demos/pulse.ipynb"


def test_frames_flow_while_the_kernel_answers_and_stop_works(notebook, pulse, lectures, snap):
    page = notebook(pulse)  # its second cell ran while the first one's job went on for ever
    assert "42" in page.locator(".jp-OutputArea-output").all_inner_texts()[-1]
    picture = page.locator(".pulse")
    sources = set()
    page.wait_for_function("() => document.querySelector('.pulse').naturalWidth == 200")
    for _ in range(20):
        sources.add(picture.get_attribute("src"))
        page.wait_for_timeout(20)
    assert len(sources) > 3
    assert page.locator(".status").inner_text() == "Beating ..."
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    last = picture.get_attribute("src")
    page.wait_for_timeout(300)
    assert picture.get_attribute("src") == last
    assert page.get_by_role("button", name="Stop").is_disabled()
    assert (lectures / "demos" / "pictures" / "pulse.png").is_file()
    snap(page, "base")


def test_it_opens_as_a_page_whose_console_is_clean(page, voila_page, pulse, errors):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    voila_page("pulse.ipynb")
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    assert page.get_by_role("heading", name="Pulse").is_visible()
    assert page.locator("text=import itertools").count() == 0
    assert not [url for url in asked if "nbgrader" in url]
    assert errors == []
    icon = page.get_by_role("button", name="Stop").locator("i")
    assert "Awesome" in icon.evaluate("one => getComputedStyle(one, '::before').fontFamily")
