"""Every page: quick, small, alone, readable in light, dark and on a telephone, by keyboard and by screen reader."""

import json
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "site" / "src"
PAGES = [page["name"] for page in json.loads((SOURCES / "pages.json").read_text(encoding="utf-8"))]
MOST = 8_000_000  # bytes of a page with all it loads


@pytest.fixture(scope="session")
def axe(built) -> str:
    """Deque's axe-core, which finds what a screen reader or a keyboard stumbles over. It is no part of the site."""
    return (built.sources / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_stands_in_anybodys_way(visit, axe, snap, name):
    for scheme, width in (("light", 1400), ("dark", 1400), ("light", 360)):
        page = visit(name, scheme=scheme, width=width).page
        page.locator("[data-ready]").wait_for()
        page.evaluate(axe)
        found = page.evaluate("() => axe.run(document)")["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, json.dumps(serious, indent=1)[:3000]
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, "the page is wider than its screen"
        snap(page, f"{name}-{scheme}-{width}")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small(visit, name):
    seen = visit(name)
    seen.page.locator("[data-ready]").wait_for()
    assert 0 < seen.bytes < MOST


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_can_be_chosen_is_reached_by_keyboard(visit, name):
    page = visit(name).page
    page.locator("[data-ready]").wait_for()
    wanted = page.locator("main").locator("button:enabled, input:visible, select, textarea, a, [tabindex='0']").count()
    reached = set()
    for _ in range(wanted + 40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => [...document.querySelectorAll('main *')].indexOf(document.activeElement)"))
    assert len(reached - {-1}) >= wanted


def test_the_index_leads_to_every_page(visit):
    page = visit("index").page
    page.locator("[data-ready]").wait_for()
    links = page.locator(".card").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [f"{name}.html" for name in PAGES if name != "index"]
    broken = page.locator(".card img").evaluate_all("all => all.filter(one => !one.naturalWidth).length")
    assert broken == 0


def test_a_policy_forbids_other_hosts(visit):
    page = visit("index").page
    refused = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
            const image = new Image();
            image.src = 'http://127.0.0.2:9/picture.png';
        })"""
    )
    assert refused == "img-src"
