"""DeepVis in a real browser: pictures, layers, units, rules, a file, the camera, Stop."""

import functools
import re

import pytest

from cs182viz import images, layers, zoo
from tests.site import looks
from tests.site.looks import settled

NO_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("none", "NotFoundError"); };
}"""

pixels, changes = (functools.partial(look, exact=True) for look in (looks.pixels, looks.changes))


def heading(page, text):
    return page.locator(".unit h2", has_text=text)


@pytest.fixture(scope="module")
def strongest():
    """Unit of a layer that answers most to a picture of ours, and how much."""
    model = zoo.load_model()

    def find(layer, name="cat"):
        activation = layers.activations(model, model.preprocess(images.load_images(name)), layer)[layer]
        peaks = activation[0].flatten(1).amax(dim=1)
        return int(peaks.argmax()), float(peaks.max())

    return find


def test_pictures_layers_units_and_rules(visit, strongest, snap):
    page = visit("deepvis", fresh=True).page
    unit, answer = strongest("pool5")
    heading(page, f"pool5, unit {unit}: up to {answer:.3g} here").wait_for()
    page.locator(".beliefs .bar", has_text="Egyptian cat").wait_for()

    guided = "what excites the unit, sent back to the pixels"
    before = pixels(page, guided)
    page.get_by_role("slider", name="Unit: the maps").click(position={"x": 100, "y": 40})  # row 1, column 3 of 16
    heading(page, "pool5, unit 19:").wait_for()
    assert changes(page, guided, before)
    page.keyboard.press("ArrowRight")
    heading(page, "pool5, unit 20:").wait_for()
    before = pixels(page, guided)
    page.get_by_label("Sent back by").select_option("deconvnet")
    assert changes(page, guided, before)

    page.locator(".status", has_text="The picture was optimised beforehand").wait_for()
    beforehand = pixels(page, "optimised picture")
    page.keyboard.press("Enter")  # once more: it grows here
    page.locator(".status", has_text="Optimising").wait_for()
    assert changes(page, "optimised picture", beforehand)
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    stopped = settled(page, lambda: pixels(page, "optimised picture"))
    page.wait_for_timeout(500)
    assert pixels(page, "optimised picture") == stopped

    page.get_by_role("slider", name="Layer", exact=True).focus()
    page.keyboard.press("ArrowRight")
    unit, answer = strongest("fire6")
    heading(page, f"fire6, unit {unit}: up to {answer:.3g} here").wait_for()
    page.get_by_role("button", name="espresso").click()
    page.locator(".beliefs .bar.leads", has_text="espresso").wait_for()
    snap(page, "deepvis")


def test_a_file_and_the_camera(visit, snap):
    page = visit("deepvis").page
    page.locator("[data-ready]").wait_for()
    seen = "the picture as the network sees it"
    before = pixels(page, seen)
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator(".status.error", has_text="notes.png is not a picture that this browser can read.").wait_for()
    assert pixels(page, seen) == before
    upload.set_input_files(images.data_path("pictures", "starry_night.jpg"))
    assert changes(page, seen, before)

    camera = page.get_by_role("button", name="Camera")
    camera.click()
    for _ in range(3):  # frame after frame
        assert changes(page, seen, pixels(page, seen))
    page.locator(".rate", has_text="frames a second").wait_for()
    rate, forward = re.fullmatch(
        r"([\d.]+) frames a second, forward in (\d+) ms\.", page.locator(".rate").inner_text()
    ).groups()
    print(f"{rate} frames a second with a gradient, forward in {forward} ms")
    snap(page, "deepvis-camera")
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="The camera is off.").wait_for()
    assert camera.get_attribute("aria-pressed") == "false"
    last = settled(page, lambda: pixels(page, seen))
    page.wait_for_timeout(500)
    assert pixels(page, seen) == last

    page.evaluate(NO_CAMERA)
    camera.click()
    page.locator(".status.error", has_text="The camera does not start: none was found.").wait_for()
