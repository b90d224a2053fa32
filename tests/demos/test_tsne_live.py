"""Does the live t-SNE move, obey its sliders, show pictures under the pointer and stop, in a real JupyterLab?"""

NOTEBOOK = "demos/tsne.ipynb"
STEP = "() => Number(document.querySelector('.tsne-live canvas').dataset.step || 0)"
PICTURE = "() => document.querySelector('.tsne-live canvas').toDataURL()"


def wait_for_step(page, least):
    page.wait_for_selector(".tsne-live canvas[data-step]")
    page.wait_for_function(f"least => ({STEP})() >= least", arg=least)


def find_a_point(page):
    """Move the pointer over the map until it finds something; the index of what it found."""
    canvas = page.locator(".tsne-live canvas")
    for y in range(40, 620, 40):
        for x in range(30, 630, 20):
            canvas.hover(position={"x": x, "y": y}, force=True, no_wait_after=True)
            if found := canvas.get_attribute("data-hovered"):
                return int(found)
    raise AssertionError("the pointer found no point of the map")


def test_the_map_moves_shows_its_pictures_stops_and_goes_on(notebook, kept, snap):
    page = notebook(NOTEBOOK)
    wait_for_step(page, 10)
    first = page.evaluate(PICTURE)
    wait_for_step(page, 100)
    assert page.evaluate(PICTURE) != first
    snap(page, "tsne-early")

    page.locator(".cs182viz-demo button", has_text="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    page.wait_for_timeout(1000)
    still = page.evaluate(PICTURE)
    page.wait_for_timeout(300)
    assert page.evaluate(PICTURE) == still

    assert 0 <= find_a_point(page) < 1797
    page.wait_for_timeout(100)
    assert page.evaluate(PICTURE) != still  # the picture of the point is on the map now
    snap(page, "tsne-hover")

    page.locator(".tsne-live .names span", has_text="3").hover()
    page.wait_for_timeout(100)
    alone = page.evaluate(PICTURE)
    page.locator(".cs182viz-demo button", has_text="points").click()
    page.wait_for_timeout(500)
    assert page.evaluate(PICTURE) not in (still, alone)
    snap(page, "tsne-points")
    kept(page, "tsne.png")

    stopped = page.evaluate(STEP)
    page.locator(".cs182viz-demo button", has_text="Go on").click()
    wait_for_step(page, stopped + 20)

    handle = page.locator(".exaggeration .noUi-handle")
    handle.focus()
    handle.press("Home")
    page.locator(".status", has_text="Groups unfold").wait_for()
    page.locator(".perplexity .noUi-handle").focus()
    page.locator(".perplexity .noUi-handle").press("End")
    page.locator(".perplexity", has_text="100").wait_for()
    now = page.evaluate(STEP)
    wait_for_step(page, now + 20)
    assert not page.locator(".status .error").count()
    snap(page, "tsne-slid")


def test_it_opens_as_a_page(voila_page):
    page = voila_page("tsne.ipynb")
    wait_for_step(page, 20)
    assert not page.locator(".status .error").count()
