"""Occlude in a real JupyterLab and in Voila: drag, choose, upload, the whole map, stop."""

import io

import pytest
import torch
from PIL import Image

from cs182viz import images, zoo


@pytest.fixture(scope="module")
def model():
    return zoo.load_model()


def shares(page):
    """Class -> percent, as the bars say."""
    rows = page.locator(".bar:visible").all()
    return {row.locator(".name").inner_text(): int(row.locator(".share").inner_text()[:-1]) for row in rows}


def expected(model, image, top, left, patch):
    """Class -> percent with the square there, computed afresh."""
    x = model.preprocess(image)
    x[..., top : top + patch, left : left + patch] = 0
    with torch.no_grad():
        return 100 * model(x).softmax(dim=1)[0]


def agrees(page, model, image, top, left, patch, *, tries=100):
    """Whether the bars come to say what the network says there."""
    truth = expected(model, image, top, left, patch)
    for _ in range(tries):
        seen = shares(page)
        if seen and all(abs(truth[model.class_index(name)] - share) <= 1 for name, share in seen.items()):
            return True
        page.wait_for_timeout(100)
    return False


def pixels(page):
    """The canvas as the page shows it."""
    data = page.locator(".occlude canvas").screenshot()
    return Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224))


def test_dragging_choosing_uploading_and_the_whole_map(notebook, model, snap, kept):
    page = notebook("demos/occlude.ipynb")
    page.wait_for_selector(".bar .name")
    cat, panda = images.load_images(["cat", "panda"])
    assert agrees(page, model, cat.image, 84, 84, 56)

    canvas = page.locator(".occlude canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 224, box["y"] + 224)
    page.mouse.down()
    page.mouse.move(box["x"] + 284, box["y"] + 184, steps=15)  # two of the page's pixels are one of the network's
    page.mouse.up()
    assert agrees(page, model, cat.image, 64, 114, 56)
    assert pixels(page).getpixel((140, 90)) == (124, 116, 104)  # the square is where the hand left it
    snap(page, "occlude")

    page.locator(".thumb").nth(images.picture_names().index("panda")).click()
    assert agrees(page, model, panda.image, 64, 114, 56)
    page.locator(".occlude canvas").focus()
    page.keyboard.press("ArrowDown")
    assert agrees(page, model, panda.image, 68, 114, 56)

    upload = page.locator(".chooser input[type=file]")
    upload.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator(".status .error", has_text="notes.png is not a picture").wait_for()
    assert agrees(page, model, panda.image, 68, 114, 56)  # and everything else is as it was
    file = io.BytesIO()
    images.load_image("espresso").save(file, "PNG")
    upload.set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": file.getvalue()})
    assert agrees(page, model, images.load_image("espresso"), 68, 114, 56)

    before = pixels(page)
    page.get_by_role("button", name="Whole map").click()
    page.locator(".status", has_text="Bright:").wait_for()
    assert pixels(page).getpixel((10, 10)) != before.getpixel((10, 10))
    snap(page, "occlude_map")
    assert Image.open(kept(page, "occlude.png")).width > 900


def test_it_opens_as_a_page(voila_page, model, snap):
    page = voila_page("occlude.ipynb")
    page.wait_for_selector(".bar .name")
    assert agrees(page, model, images.load_image("cat"), 84, 84, 56)
    snap(page, "occlude_voila")
