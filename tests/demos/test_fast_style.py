"""FastStyle in a real JupyterLab and in Voila: styles, mixtures, files, the webcam and its speed, a photograph."""

import io
import re

from PIL import Image

from cs182viz import images

NO_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
}"""

PAINTED = """() => {
    const words = document.querySelector(".cs182viz-demo .status").textContent.trim();
    window.still = words ? 0 : (window.still || 0) + 1;
    return window.still > 60;  // looked at once a frame: about a second without a word
}"""

WATCHED = """(delay) => {
    window.cameras = window.cameras || [];
    window.ask = window.ask || navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
        await new Promise((answer) => setTimeout(answer, delay));
        const stream = await window.ask(wish);
        window.cameras.push(...stream.getTracks());
        return stream;
    };
}"""
"""Keeps every camera track that the page gets, after a delay: somebody has to allow it first."""


def sources(page):
    return [one.get_attribute("src") for one in page.locator(".cs182viz-demo img.widget-image:visible").all()]


def changes(page, before, *, tries=300):
    """Whether the painting comes to be another one."""
    for _ in range(tries):
        if sources(page)[-1] != before:
            return True
        page.wait_for_timeout(100)
    return False


def test_styles_files_and_a_photograph(notebook, snap, kept):
    page = notebook("demos/fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    kept(page, "fast_style.png")
    for style in ("wave", "the scream"):
        before = sources(page)[-1]
        page.get_by_label("Style", exact=True).select_option(style)
        assert changes(page, before)
    before = sources(page)[-1]
    page.locator(".noUi-handle").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert changes(page, before)
    snap(page, "fast_style")
    page.wait_for_function(PAINTED)  # a painting that ends later would take the sentence away
    page.get_by_role("button", name="Take a photograph").click()
    page.locator(".status", has_text="photograph-1.png").wait_for()

    upload = page.locator(".chooser input[type=file]")
    upload.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator(".status .error", has_text="notes.png is not a picture").wait_for()
    small = io.BytesIO()
    Image.new("RGB", (9, 5), "red").save(small, "PNG")
    before = sources(page)[-1]
    upload.set_input_files({"name": "small.png", "mimeType": "image/png", "buffer": small.getvalue()})
    assert changes(page, before)
    file = io.BytesIO()
    images.load_image("castle").save(file, "JPEG")
    before = sources(page)[-1]
    upload.set_input_files({"name": "castle.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()})
    assert changes(page, before)


def test_the_webcam_starts_stops_and_resumes(notebook, snap):
    page = notebook("demos/fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    webcam = page.get_by_role("button", name="Webcam")
    for _ in range(2):
        webcam.click()
        page.locator(".rate", has_text=re.compile(r"[1-9][\d.]* frames a second")).wait_for()
        before = sources(page)[-1]
        assert changes(page, before)
        page.get_by_label("Style", exact=True).select_option("composition vii")
        page.wait_for_timeout(2500)
        print(page.locator(".rate").inner_text())
        snap(page, "fast_style_webcam")
        page.get_by_role("button", name="Stop").click()
        page.locator(".status", has_text="The webcam is off.").wait_for()
        assert webcam.get_attribute("aria-pressed") == "false"
        last = sources(page)[-1]
        page.wait_for_timeout(500)
        assert sources(page)[-1] == last
    page.evaluate(NO_CAMERA)
    webcam.click()
    page.locator(".status .error", has_text="the browser was not allowed to use it").wait_for()


def cameras(page):
    """What became of each camera that the page got: "live", or "ended" where it was given back."""
    return page.evaluate("() => window.cameras.map((track) => track.readyState)")


def test_whoever_stops_has_no_camera_running(notebook):
    page = notebook("demos/fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    page.evaluate(WATCHED, 0)
    webcam = page.get_by_role("button", name="Webcam")
    for number in range(2):  # and it can be had again
        webcam.click()
        page.locator(".rate", has_text=re.compile(r"[1-9][\d.]* frames a second")).wait_for()
        assert cameras(page) == ["ended"] * number + ["live"]
        page.get_by_role("button", name="Stop").click()
        page.locator(".status", has_text="The webcam is off.").wait_for()
        assert cameras(page) == ["ended"] * (number + 1)

    page.evaluate(WATCHED, 1500)
    webcam.click()
    webcam.click()  # a change of mind, before the camera came
    page.wait_for_timeout(3500)
    assert cameras(page) == ["ended"] * 3
    assert webcam.get_attribute("aria-pressed") != "true"
    webcam.click()
    page.wait_for_timeout(200)
    page.locator(".chooser .thumb").nth(1).click()
    page.wait_for_timeout(3500)
    assert cameras(page) == ["ended"] * 4
    page.evaluate(WATCHED, 0)
    webcam.click()
    page.locator(".rate", has_text=re.compile(r"[1-9][\d.]* frames a second")).wait_for()
    assert cameras(page) == ["ended"] * 4 + ["live"]


def test_it_opens_as_a_page(voila_page, snap):
    page = voila_page("fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    before = sources(page)[-1]
    page.get_by_label("Style", exact=True).select_option("harvest")
    assert changes(page, before)
    snap(page, "fast_style_voila")
