"""Digits and the autoencoder in a real JupyterLab and in Voila: they learn, one draws and points, stop, again."""

STEP = "() => Number(document.querySelector('{}')?.dataset.step || 0)"
CHART, PLANE = STEP.format("canvas.chart"), STEP.format(".plane canvas")


def stop(page):
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()


def over(page, step, least):
    page.wait_for_function(f"least => ({step})() > least", arg=least)


def test_digits_are_learned_and_drawn(notebook, errors, snap, kept):
    page = notebook("demos/digits.ipynb")
    over(page, CHART, 20)
    pad = page.locator(".pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.get_by_role("button", name="Wipe").click()
    page.locator(".error", has_text="nothing is drawn yet").wait_for()
    page.mouse.move(box["x"] + 112, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 112, box["y"] + 190, steps=6)
    page.mouse.up()
    page.locator(".error").first.wait_for(state="detached")
    before = page.locator(".digit-bars").inner_text()
    page.get_by_role("button", name="Wipe").click()
    pad.focus()
    for key in ("Space", *["ArrowDown"] * 10, *["ArrowRight"] * 6, "Space"):
        page.keyboard.press(key)
    page.wait_for_function("text => document.querySelector('.digit-bars').innerText !== text", arg=before)
    page.locator(".error").first.wait_for(state="detached")
    page.get_by_label("Optimiser").select_option("SGD")
    snap(page, "digits")
    stop(page)
    kept(page, "digits.png")
    stopped = page.evaluate(CHART)
    page.get_by_role("button", name="Go on").click()
    over(page, CHART, stopped)
    stop(page)
    assert errors == []


def test_the_plane_is_watched_and_pointed_at(notebook, errors, snap, kept):
    page = notebook("demos/autoencoder.ipynb")
    over(page, PLANE, 20)
    plane = page.locator(".plane canvas")
    plane.hover(position={"x": 130, "y": 130})
    page.locator("h3", has_text="At (-1.2").wait_for()
    plane.focus()
    page.keyboard.press("ArrowRight")
    page.locator("h3", has_text="At (-1.1").wait_for()
    page.get_by_label("Show", exact=True).select_option("points")
    snap(page, "autoencoder")
    stop(page)
    kept(page, "autoencoder.png")
    stopped = page.evaluate(PLANE)
    page.get_by_role("button", name="Start over").click()
    page.wait_for_function(f"stopped => ({PLANE})() < stopped", arg=stopped)
    stop(page)
    assert errors == []


def test_they_open_as_pages_again(voila_page, errors, snap):
    for name, step in (("digits", CHART), ("autoencoder", PLANE), ("digits", CHART)):
        page = voila_page(f"{name}.ipynb")
        over(page, step, 5)
        snap(page, f"{name}_voila")
        assert errors == []
