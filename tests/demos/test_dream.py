"""StyleAndDream in a real JupyterLab and in Voila: it evolves, follows the sliders, stops, goes on, is saved."""

import io

import numpy as np
import pytest
from PIL import Image

from cs182viz import imageops
from cs182viz.images import load_image


def source(page):
    return page.locator(".shows-evolving").get_attribute("src")


def changes(page, before, *, tries=300):
    """Whether the picture becomes another one."""
    for _ in range(tries):
        if source(page) != before:
            return True
        page.wait_for_timeout(100)
    return False


def pixels(page):
    """The picture as it came to the page."""
    data = page.evaluate(
        """async () => {
            const blob = await (await fetch(document.querySelector('.shows-evolving').src)).blob();
            return Array.from(new Uint8Array(await blob.arrayBuffer()));
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data)))).astype(float)


def button(page, name):
    """One of ours: JupyterLab's own toolbar saves, too."""
    return page.locator(".cs182viz-demo").get_by_role("button", name=name)


def stop(page):
    button(page, "Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()


def press(page, control, key, times=1):
    """Move the slider of a control by keys."""
    handle = page.locator(f".control-{control} .noUi-handle")
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)


@pytest.fixture(scope="module")
def castle():
    return imageops.deprocess(imageops.resize(imageops.preprocess(load_image("castle"), size=None), 224)).astype(float)


def test_the_picture_evolves_follows_the_sliders_stops_goes_on_and_is_saved(notebook, castle, lectures, kept, snap):
    page = notebook("demos/dream.ipynb")
    page.locator(".status", has_text="Dreaming at fire7").wait_for()
    first = source(page)
    assert changes(page, first)

    press(page, "layer", "ArrowLeft", 2)  # over fire6 to pool5, while it runs
    page.locator(".status", has_text="Dreaming at pool5").wait_for()
    assert changes(page, source(page))
    stop(page)
    dream = source(page)
    page.wait_for_timeout(500)
    assert source(page) == dream
    assert 2 < np.abs(pixels(page) - castle).mean() < 80  # a dream on this photograph, not another picture

    button(page, "Save").click()
    page.locator(".status", has_text="castle-dream-1.png").wait_for()
    saved = np.asarray(Image.open(lectures / "demos" / "saved" / "castle-dream-1.png")).astype(float)
    assert np.array_equal(saved, pixels(page))

    button(page, "Go on").click()
    assert changes(page, dream)
    stop(page)
    snap(page, "dream")

    button(page, "Style").click()
    page.locator(".status", has_text="Painting like starry night").wait_for()
    button(page, "Start over").click()
    assert changes(page, source(page))
    press(page, "mix", "ArrowRight", 2)
    page.locator(".status", has_text="Painting like starry night and cafe terrace").wait_for()
    assert changes(page, source(page))
    page.locator(".status", has_text="done").wait_for(timeout=300_000)  # 122 steps, beside whatever else runs
    snap(page, "style")
    kept(page, "dream.png")


def test_it_opens_as_a_page(voila_page):
    page = voila_page("dream.ipynb")
    page.locator(".status", has_text="Dreaming").wait_for()
    assert changes(page, source(page))
    stop(page)
