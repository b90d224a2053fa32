"""DeepVis in a real JupyterLab and in Voila: pictures, layers, units, rules, uploads, the webcam, stop."""

import io

import pytest

from cs182viz import images, layers, zoo

NO_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("none", "NotFoundError"); };
}"""


def source(page, name):
    return page.locator(f".shows-{name}").get_attribute("src")


def changes(page, name, before, *, tries=600):
    """Whether the picture `name` comes to be another than `before`."""
    for _ in range(tries):
        if source(page, name) != before:
            return True
        page.wait_for_timeout(100)
    return False


def title(page):
    return page.locator(".shows-unit").inner_text()


@pytest.fixture(scope="module")
def strongest():
    """Unit of a layer that answers most to the package's first picture, and how much."""
    model = zoo.load_model()

    def find(layer):
        activation = layers.activations(model, model.preprocess(images.load_images("cat")), layer)[layer]
        unit = int(activation[0].flatten(1).amax(dim=1).argmax())
        return unit, float(activation[0, unit].max())

    return find


def test_units_layers_rules_stop_uploads_and_the_webcam(notebook, strongest, snap, kept):
    page = notebook("demos/deepvis.ipynb")
    assert_units_layers_rules_and_stop_work(page, strongest, kept)
    snap(page, "deepvis")
    page.locator(".deepvis .noUi-handle").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".shows-unit", has_text="pool5, unit 20:").wait_for()
    assert_uploads_are_seen(page)
    assert_the_webcam_is_seen(page, snap)


def assert_units_layers_rules_and_stop_work(page, strongest, kept):
    page.wait_for_selector(".grid .chosen:not([hidden])")
    unit, answer = strongest("pool5")
    assert title(page) == f"pool5, unit {unit}: up to {answer:.3g} here"

    seen = {name: source(page, name) for name in ("answers", "gradient")}
    page.locator(".grid canvas").click(position={"x": 100, "y": 40})  # 16 columns of 30 pixels: row 1, column 3
    page.locator(".shows-unit", has_text="pool5, unit 19:").wait_for()
    assert all(changes(page, name, before) for name, before in seen.items())
    before = source(page, "gradient")
    page.locator(".deepvis select").select_option("deconvnet")
    assert changes(page, "gradient", before)

    page.locator(".status", has_text="Optimising").wait_for()
    assert changes(page, "optimised", source(page, "optimised"))
    page.locator(".grid canvas").click(position={"x": 130, "y": 40})  # once more from the start: it may have ended
    page.locator(".shows-unit", has_text="pool5, unit 20:").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    stopped = source(page, "optimised")
    page.wait_for_timeout(500)
    assert source(page, "optimised") == stopped
    kept(page, "deepvis.png")

    page.locator(".deepvis .noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    unit, answer = strongest("fire6")
    page.locator(".shows-unit", has_text=f"fire6, unit {unit}: up to {answer:.3g} here").wait_for()


def assert_uploads_are_seen(page):
    before = source(page, "picture")
    upload = page.locator(".chooser input[type=file]")
    upload.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator(".status .error", has_text="notes.png is not a picture").wait_for()
    assert source(page, "picture") == before
    file = io.BytesIO()
    images.load_image("starry_night").save(file, "JPEG")
    upload.set_input_files({"name": "night.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()})
    assert changes(page, "picture", before)


def assert_the_webcam_is_seen(page, snap):
    webcam = page.get_by_role("button", name="Webcam")
    webcam.click()
    maps = page.locator(".grid canvas")
    for _ in range(3):  # frame after frame, and their maps
        seen = source(page, "picture")
        assert changes(page, "picture", seen)
    first = maps.screenshot()
    page.locator(".grid canvas").click(position={"x": 40, "y": 40})
    page.locator(".shows-unit", has_text="pool5, unit 17:").wait_for()
    assert maps.screenshot() != first
    snap(page, "deepvis_webcam")
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="The webcam is off.").wait_for()
    assert webcam.get_attribute("aria-pressed") == "false"
    last = source(page, "picture")
    page.wait_for_timeout(500)
    assert source(page, "picture") == last

    page.evaluate(NO_CAMERA)
    webcam.click()
    page.locator(".status .error", has_text="The webcam does not start: none was found.").wait_for()


def test_it_opens_as_a_page(voila_page, snap):
    page = voila_page("deepvis.ipynb")
    page.wait_for_selector(".grid .chosen:not([hidden])")
    before = source(page, "answers")
    page.locator(".grid canvas").click(position={"x": 100, "y": 40})
    page.locator(".shows-unit", has_text="pool5, unit 19:").wait_for()
    assert changes(page, "answers", before)
    assert changes(page, "patches", source(page, "patches"))
    snap(page, "deepvis_voila")
