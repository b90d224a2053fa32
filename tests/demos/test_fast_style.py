"""FastStyle in a real JupyterLab and in Voila: styles, mixtures, files, the webcam and its speed, a photograph."""

import io
import re

from PIL import Image

from cs182viz import images

NO_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
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


def test_styles_files_photographs_and_the_webcam(notebook, snap, kept):
    page = notebook("demos/fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    kept(page, "fast_style.png")
    assert_styles_are_painted_and_a_photograph_is_kept(page)
    snap(page, "fast_style")
    assert_files_are_painted(page)
    assert_whoever_stops_has_no_camera_running(page, snap)
    assert_a_change_of_mind_is_heard(page)
    page.evaluate(NO_CAMERA)
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="The webcam is off.").wait_for()
    page.get_by_role("button", name="Webcam").click()
    page.locator(".status .error", has_text="the browser was not allowed to use it").wait_for()


def assert_styles_are_painted_and_a_photograph_is_kept(page):
    style = page.get_by_label("Style", exact=True)
    for name in ("wave", "the scream"):
        before = sources(page)[-1]
        style.select_option(name)
        assert changes(page, before)
    before = sources(page)[-1]
    page.locator(".noUi-handle").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Take a photograph").click()  # while it paints
    saved = page.locator(".status", has_text="photograph-1.png")
    saved.wait_for()
    assert changes(page, before)
    page.locator(".cs182viz-demo .footer button[disabled]").wait_for()  # painted to the end
    assert saved.is_visible()
    style.select_option("wave")
    saved.wait_for(state="hidden")


def assert_files_are_painted(page):
    upload = page.locator(".chooser input[type=file]")
    upload.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator(".status .error", has_text="notes.png is not a picture").wait_for()
    small, photograph = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (9, 5), "red").save(small, "PNG")
    images.load_image("castle").save(photograph, "JPEG")
    for name, kind, file in (("small.png", "png", small), ("castle.jpg", "jpeg", photograph)):
        before = sources(page)[-1]
        upload.set_input_files({"name": name, "mimeType": f"image/{kind}", "buffer": file.getvalue()})
        assert changes(page, before)


def cameras(page):
    """What became of each camera that the page got: "live", or "ended" where it was given back."""
    return page.evaluate("() => window.cameras.map((track) => track.readyState)")


def runs(page, camera):
    """Wait until the page has its camera, the first or the second or ..., and says how many frames it paints."""
    page.wait_for_function("camera => window.cameras.length >= camera", arg=camera)
    page.locator(".rate", has_text=re.compile(r"[1-9][\d.]* frames a second")).wait_for()


def assert_whoever_stops_has_no_camera_running(page, snap):
    page.evaluate(WATCHED, 0)
    webcam = page.get_by_role("button", name="Webcam")
    for number in range(2):  # and it can be had again
        webcam.click()
        runs(page, number + 1)
        assert cameras(page) == ["ended"] * number + ["live"]
        assert changes(page, sources(page)[-1])
        page.get_by_label("Style", exact=True).select_option("composition vii")
        assert changes(page, sources(page)[-1])
        snap(page, "fast_style_webcam")
        page.get_by_role("button", name="Stop").click()
        page.locator(".status", has_text="The webcam is off.").wait_for()
        assert cameras(page) == ["ended"] * (number + 1)
        assert webcam.get_attribute("aria-pressed") == "false"
        last = sources(page)[-1]
        page.wait_for_timeout(500)
        assert sources(page)[-1] == last


def assert_a_change_of_mind_is_heard(page):
    webcam = page.get_by_role("button", name="Webcam")
    page.evaluate(WATCHED, 1500)
    webcam.click()
    webcam.click()  # before the camera came
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
    runs(page, 5)
    assert cameras(page) == ["ended"] * 4 + ["live"]


def test_it_opens_as_a_page(voila_page, snap):
    page = voila_page("fast_style.ipynb")
    page.locator(".rate", has_text="milliseconds").wait_for()
    before = sources(page)[-1]
    page.get_by_label("Style", exact=True).select_option("harvest")
    assert changes(page, before)
    snap(page, "fast_style_voila")
