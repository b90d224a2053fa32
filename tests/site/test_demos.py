"""The other pages in a real browser: what each is for works by hand and by keyboard, and bad input gets a sentence."""

import re

import numpy as np

from cs182viz import images
from cs182viz.demos.agent import game
from cs182viz.techniques import policy
from tests.site.looks import DATA, changes, pixels

DRAWN = f"""one => {{
    {DATA}
    return new Uint32Array(data.buffer).filter(pixel => pixel !== 0xffffffff).length / (one.width * one.height);
}}"""


def opened(visit, name):
    page = visit(name, fresh=True).page
    page.locator("[data-ready]").wait_for()
    return page


def shares(page):
    return page.locator(".bar .share").all_inner_texts()


def test_occlusion_by_hand_by_keyboard_and_everywhere(visit, snap):
    page = opened(visit, "occlusion")
    square = page.get_by_label("Picture with a grey square")
    page.locator(".bar", has_text="Egyptian cat").wait_for()
    before = shares(page)
    square.click(position={"x": 130, "y": 150})  # an eye
    assert any(shares(page) != before or page.wait_for_timeout(100) for _ in range(600)), "the bars stand still"
    seen = pixels(page, "Picture with a grey square")
    square.focus()
    page.keyboard.press("ArrowDown")
    assert changes(page, "Picture with a grey square", seen)
    whole = page.get_by_role("button", name="Whole map")
    before = pixels(page, "Picture with a grey square")
    whole.click()
    page.locator(".status", has_text="Covering every place in turn").wait_for()
    assert changes(page, "Picture with a grey square", before)
    page.locator(".count", has_text=re.compile(r"^\d+ of 484 places$")).wait_for()  # 22 x 22 for 56 pixels every 8
    assert whole.get_attribute("aria-pressed") == "true"
    snap(page, "occlusion-map")
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    assert whole.get_attribute("aria-pressed") == "false"
    page.get_by_role("slider", name="Square").press("ArrowRight")
    page.get_by_text("58 pixels").wait_for()


def test_styles_on_a_slider_and_the_camera(visit, snap):
    page = opened(visit, "fast_style")
    before = pixels(page, "its painting")
    style = page.get_by_role("slider", name="Style")
    assert style.get_attribute("aria-valuetext") == "starry night"
    style.fill("5.3")
    assert style.get_attribute("aria-valuetext") == "70% wave, 30% the scream"
    assert changes(page, "its painting", before)
    with page.expect_download() as download:
        page.get_by_role("button", name="Take a photograph").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Camera").click()
    page.locator(".rate", has_text="frames a second").wait_for()
    before = pixels(page, "its painting")
    assert changes(page, "its painting", before)
    snap(page, "fast_style-camera")
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="The camera is off.").wait_for()
    before = pixels(page, "its painting")
    page.locator("input[type=file]").set_input_files(images.data_path("pictures", "wave.jpg"))
    assert changes(page, "its painting", before)


def test_tsne_moves_and_can_be_steered_and_the_quiz_says_why_meanwhile(visit, snap):
    page = opened(visit, "tsne")
    step = page.locator(".numbers")
    first = int(re.search(r"Step (\d+)", step.inner_text())[1])
    page.get_by_role("slider", name="Perplexity").fill("12")
    page.get_by_role("button", name="Dots").click()
    for _ in range(600):
        if int(re.search(r"Step (\d+)", step.inner_text())[1]) > first + 5:
            break
        page.wait_for_timeout(100)
    assert float(re.search(r"KL divergence ([\d.]+)", step.inner_text())[1]) > 0
    page.get_by_role("button", name="Stop").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    page.locator(".numbers", has_text=re.compile(r"^Step (\d+) of \1\.")).wait_for()  # the worker's last word
    rested = step.inner_text()
    page.wait_for_timeout(500)
    assert step.inner_text() == rested

    page.get_by_role("combobox", name="Points").select_option("photographs")
    assert_the_quiz_says_why(page)
    page.locator(".numbers", has_text="Step 1000 of 1000").wait_for()
    page.locator(".status", has_text="At rest.").wait_for()
    page.get_by_role("button", name="Dots").click()
    page.wait_for_timeout(300)
    drawn = page.get_by_label("Map of the points").evaluate(DRAWN)
    assert drawn > 0.08, "the photographs are drawn as small as the digits before them"
    snap(page, "tsne-photographs")


def assert_the_quiz_says_why(page):
    check = page.get_by_role("button", name="Check")
    assert check.is_disabled()
    for letter, verdict in (("A", "A is wrong. For p = (.5, .5)"), ("C", "C is right.")):
        page.get_by_role("radio", name=re.compile(f"^{letter}\\.")).check()
        check.click()
        page.locator(".verdict", has_text=verdict).wait_for()
        assert ("Try again." in page.locator(".verdict").inner_text()) == (letter != "C")


def test_cells_follow_what_is_typed_and_refuse_what_is_no_code(visit, snap):
    page = opened(visit, "cells")
    area = page.get_by_label("Code that the network reads")
    area.fill("")
    area.press_sequentially('int dx; /* "no" */\ndd', delay=5)
    coloured = page.locator(".coloured", has_text="dd")
    coloured.wait_for()
    assert coloured.inner_text() == 'int dx; /* "no" */\ndd'
    backgrounds = page.locator(".coloured span").evaluate_all("all => all.map(one => one.style.background)")
    page.get_by_label("Cell that follows").select_option(label="inside a comment (cell 45)")
    page.get_by_text("Cell 45 follows").wait_for()
    after = page.locator(".coloured span").evaluate_all("all => all.map(one => one.style.background)")
    assert after != backgrounds
    page.get_by_label("Number of the cell").fill("3")
    page.get_by_text("Cell 3: the program did not choose it").wait_for()
    area.press("Home")
    page.locator(".guesses", has_text="Expected at the caret").wait_for()
    snap(page, "cells-typed")

    upload = page.get_by_label("A file of code")
    upload.set_input_files({"name": "photo.c", "mimeType": "text/x-c", "buffer": b"\xff\xd8\xff"})
    page.locator(".status.error", has_text="photo.c is not UTF-8").wait_for()
    upload.set_input_files({"name": "large.c", "mimeType": "text/x-c", "buffer": b"x" * 30_000})
    page.locator(".status.error", has_text="large.c has 30,000 characters, and 20,000 are read here").wait_for()
    upload.set_input_files({"name": "empty.c", "mimeType": "text/x-c", "buffer": b" "})
    page.locator(".status.error", has_text="is empty").wait_for()
    assert coloured.inner_text() == 'int dx; /* "no" */\ndd'
    upload.set_input_files({"name": "x.c", "mimeType": "text/x-c", "buffer": b"if (a)\r\n  <b>\r\n"})
    page.locator(".coloured", has_text="<b>").wait_for()


def test_the_agent_plays_from_any_state(visit, snap):
    page = opened(visit, "agent")
    where = page.get_by_label("Map of the states")
    first = where.get_attribute("data-state")
    where.click(position={"x": 320, "y": 320})
    clicked = where.get_attribute("data-state")
    assert clicked != first
    page.keyboard.press("ArrowUp")
    assert where.get_attribute("data-state") != clicked
    game = pixels(page, "The game, as the agent plays it")
    page.get_by_role("button", name="One frame").click()
    assert pixels(page, "The game, as the agent plays it") != game
    painted = pixels(page, "Map of the states")
    page.get_by_label("Colours").select_option("action")
    assert pixels(page, "Map of the states") != painted
    assert page.locator(".names span").all_inner_texts() == ["stay", "left", "right"]
    page.get_by_role("button", name="Play").click()
    assert changes(page, "The game, as the agent plays it", pixels(page, "The game, as the agent plays it"))
    snap(page, "agent-plays")
    page.get_by_role("button", name="Pause").click()
    page.locator(".status", has_text="Stopped.").wait_for()
    assert_bugs_are_chosen_in_the_map(page, snap)


def assert_bugs_are_chosen_in_the_map(page, snap):
    """What the list says, and how many states belong, come from a search of our own."""
    network, atlas = policy.load_agent(), policy.load_atlas()
    hidden = network.look(atlas.states)[0]
    found, _ = game.search(network, hidden)
    bugs = page.get_by_label("Bug", exact=True)
    assert bugs.locator("option").all_inner_texts() == [f"{bug.share:.0%} of time, {bug.dwell} frames" for bug in found]
    painted = pixels(page, "Map of the states")
    bugs.select_option("0")
    page.locator(".status", has_text="This is the middle of its longest stay").wait_for()
    belong = np.isin(policy.grouping(hidden).predict(hidden), found[0].clusters)
    page.get_by_text(f"{belong.sum():,} states of the map belong to it").wait_for()
    assert changes(page, "Map of the states", painted)
    where = page.get_by_label("Map of the states")
    visited = []
    for _ in range(20):
        page.wait_for_timeout(90)
        visited.append(belong[int(where.get_attribute("data-state"))])
    assert np.mean(visited) > 0.5, "the game has left the bug"
    snap(page, "agent-bug")
    page.get_by_role("button", name="New game").click()
    assert bugs.evaluate("one => one.selectedIndex") == -1
