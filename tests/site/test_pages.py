"""Every page: quick, small, alone, readable in light, dark and on a telephone, by keyboard and by screen reader."""

import json
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "site" / "src"
PAGES = [page["name"] for page in json.loads((SOURCES / "pages.json").read_text(encoding="utf-8"))]
MOST = 8_000_000  # bytes of a page with all it loads
REACHED = "button:enabled, input:visible:not([type=radio]), select, textarea, a, [tabindex='0']"  # radios are one stop


@pytest.fixture(scope="session")
def axe(built) -> str:
    """Deque's axe-core, which finds what a screen reader or a keyboard stumbles over. It is no part of the site."""
    return (built.sources / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_stands_in_anybodys_way(visit, axe, snap, name):
    seen = visit(name)
    page = seen.page
    page.locator("[data-ready]").wait_for()
    assert 0 < seen.bytes < MOST
    page.evaluate(axe)
    for scheme, width in (("dark", 1400), ("light", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 1000})
        found = page.evaluate("() => axe.run(document)")["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, json.dumps(serious, indent=1)[:3000]
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, "it is wider than its screen"
        snap(page, f"{name}-{scheme}-{width}")
    assert_all_is_reached_by_keyboard(page)


def assert_all_is_reached_by_keyboard(page):
    before = reachable(page)
    page.locator("nav a").first.focus()
    page.evaluate(
        """() => {
            window.reached = [];
            document.addEventListener("focusin", ({ target }) => window.reached.push(target));
        }"""
    )
    for _ in range(len(before) + 30):
        page.keyboard.press("Tab")
    reached = set(
        page.evaluate("() => window.reached.map(one => [...document.querySelectorAll('main *')].indexOf(one))")
    )
    missed = before & reachable(page) - reached  # Stop is no stop any more once the page has finished its work
    assert before
    assert not missed


def reachable(page) -> set[int]:
    """Places, among all elements of the page, of those that Tab should come to now."""
    places = (
        "(all) => { const every = [...document.querySelectorAll('main *')]; return all.map(e => every.indexOf(e)); }"
    )
    return set(page.locator("main").locator(REACHED).evaluate_all(places))


def test_the_index_leads_to_every_page(visit):
    page = visit("index").page
    page.locator("[data-ready]").wait_for()
    links = page.locator(".card").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [f"{name}.html" for name in PAGES if name != "index"]
    broken = page.locator(".card img").evaluate_all("all => all.filter(one => !one.naturalWidth).length")
    assert broken == 0


def test_a_policy_forbids_other_hosts(browser, address):
    context = browser.new_context()  # not `visit`, for which what is refused here would be a fault
    page = context.new_page()
    page.goto(f"{address}/index.html")
    refused = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
            const image = new Image();
            image.src = 'http://127.0.0.2:9/picture.png';
        })"""
    )
    context.close()
    assert refused == "img-src"
