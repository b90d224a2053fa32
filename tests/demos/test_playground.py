"""Do the playground and the painter learn, react, take clicks and stop, in a real JupyterLab?"""

STEP = "() => Number(document.querySelector('.playground .chart').dataset.step || 0)"
PICTURE = """name => {
    const drawn = document.querySelector(name);
    return drawn.toDataURL ? drawn.toDataURL() : drawn.src;
}"""


PAINTER_STEP = "() => Number(/Step (\\d+)/.exec(document.querySelector('.cs182viz-demo')?.innerText)?.[1] || 0)"
# Notes whether the steps begin anew: a fast painter may be past its first ones before anybody looks.
WATCH_FOR_A_NEW_START = f"""() => {{
    const step = {PAINTER_STEP};
    let latest = step();
    new MutationObserver(() => {{
        const now = step();
        window.began = window.began || (now > 0 && now < latest);
        latest = now || latest;
    }}).observe(document.querySelector('.cs182viz-demo'), {{childList: true, subtree: true, characterData: true}});
}}"""


def wait_for_step(page, least):
    page.wait_for_function(f"least => ({STEP})() >= least", arg=least)


def stop(page):
    page.locator(".cs182viz-demo button", has_text="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()


def test_playground(notebook, kept, snap):
    page = notebook("demos/playground.ipynb")
    wait_for_step(page, 40)
    first = page.evaluate(PICTURE, ".playground .output")
    wait_for_step(page, 400)
    assert page.evaluate(PICTURE, ".playground .output") != first
    snap(page, "playground")

    unit = page.locator(".playground .units").nth(3)
    unit.hover(position={"x": 20, "y": 20})
    page.wait_for_selector(".playground .output[data-unit='0']")
    snap(page, "playground-unit")

    stop(page)
    kept(page, "playground.png")
    stopped = page.evaluate(STEP)
    page.wait_for_timeout(300)
    assert page.evaluate(STEP) == stopped

    before = page.evaluate(PICTURE, ".playground .output")
    page.locator(".playground .output").first.click(position={"x": 20, "y": 250})
    wait_for_step(page, stopped + 20)  # the new point is learned from where the race was
    assert page.evaluate(PICTURE, ".playground .output") != before

    page.get_by_label("Data").select_option("steps")
    page.get_by_label("Activation").select_option("relu")
    page.locator(".playground .title", has_text="loss").first.wait_for()
    page.wait_for_function(f"() => ({STEP})() >= 20")
    snap(page, "playground-steps")

    slider = page.locator(".widget-slider", has_text="Learning rate").locator(".noUi-handle")
    slider.focus()
    slider.press("End")  # a rate of 3 is too high for SGD
    page.locator(".playground .title", has_text="diverged").first.wait_for()
    assert "loss" in page.locator(".playground .title").nth(2).inner_text()  # Adadelta takes no rate
    snap(page, "playground-diverged")


def test_painter(notebook, kept, snap):
    page = notebook("demos/painter.ipynb")
    page.wait_for_function("() => document.querySelector('.painting')?.naturalWidth > 0")
    first = page.evaluate(PICTURE, ".painting")
    page.wait_for_function(f"() => ({PAINTER_STEP})() >= 60")
    assert page.evaluate(PICTURE, ".painting") != first
    snap(page, "painter")
    page.evaluate(WATCH_FOR_A_NEW_START)
    page.get_by_label("Picture").select_option("starry_night")
    page.wait_for_function("() => window.began")
    stop(page)
    kept(page, "painter.png")


def test_they_open_as_pages(voila_page):
    page = voila_page("playground.ipynb")
    wait_for_step(page, 20)
    stop(page)
    assert not page.locator(".status .error").count()
    page = voila_page("painter.ipynb")
    page.wait_for_function(f"() => ({PAINTER_STEP})() >= 1")
    stop(page)
    assert not page.locator(".status .error").count()
