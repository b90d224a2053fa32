"""The agent's page in a real JupyterLab and in Voila: the map, the keyboard, bugs, learning, a reload."""

STATE = "() => Number(document.querySelector('.atlas canvas')?.dataset.state ?? -1)"
LEARNED = "() => Number(document.querySelector('canvas.chart')?.dataset.step || 0)"


def status(page, text):
    return page.locator(".status", has_text=text)


def test_one_watches_jumps_and_lets_it_learn(notebook, errors, snap, kept):
    page = notebook("demos/agent.ipynb")
    bug = page.get_by_label("Bug", exact=True)
    bug.locator("option", has_text="of time").first.wait_for()
    status(page, "Playing").wait_for()
    first = page.evaluate(STATE)
    page.wait_for_function(f"first => ({STATE})() !== first", arg=first)  # the point moves
    points = page.locator(".atlas canvas")
    points.click(position={"x": 250, "y": 250})
    number = page.get_by_label("State of the map")
    page.wait_for_timeout(300)
    clicked = number.input_value()
    number.fill("4321")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert clicked != "4321"
    bug.focus()
    page.keyboard.press("ArrowDown")
    status(page, "Playing").wait_for()
    snap(page, "agent")
    page.get_by_label("In numbers").fill("1 2 3")
    page.keyboard.press("Enter")
    page.locator(".status .error", has_text="rows of 65 numbers").wait_for()
    page.get_by_role("button", name="Stop").click()
    status(page, "Stopped.").wait_for()
    kept(page, "agent.png")

    page.get_by_label("Player").select_option("one that learns now")
    page.wait_for_function(f"() => ({LEARNED})() > 1000")
    snap(page, "agent_learns")
    learned = page.evaluate(LEARNED)
    page.get_by_role("button", name="Start over").click()
    page.wait_for_function(f"learned => ({LEARNED})() < learned", arg=learned)
    page.get_by_role("button", name="Stop").click()
    status(page, "Stopped.").wait_for()
    assert page.locator("canvas.chart").get_attribute("aria-label").startswith("mean points")
    assert errors == []


def test_it_opens_as_a_page_again_and_again(voila_page, errors, snap):
    for _ in range(2):
        page = voila_page("agent.ipynb")
        page.wait_for_function(f"() => ({STATE})() >= 0")
        status(page, "Playing").wait_for()
        snap(page, "agent_voila")
        assert errors == []
