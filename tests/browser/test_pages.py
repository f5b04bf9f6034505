"""The HTML pages in a real Chromium: they fetch nothing, their links lead somewhere, the filter
filters, anyone can read them, and what an image says does nothing."""

from __future__ import annotations

import html
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PageGone

from harness.formats import render, render_page
from tests.browser import samples
from tests.browser.opening import NARROW, WIDE, Open
from tests.unit.hostile import CANNED

BAD = ("serious", "critical")
SHOWN = "#cells tbody tr:visible"

ATTACKS = (
    "<script>window.done=1</script>",
    "</script><script>window.done=1</script>",
    "</style><script>window.done=1</script>",
    "<img src=x onerror=window.done=1>",
    '"><svg onload=window.done=1>',
    "' onmouseover='window.done=1' onfocus='window.done=1' autofocus x='",
    '" onmouseover="window.done=1" style="position:fixed;inset:0" x="',
    "javascript:window.done=1",
    "<a href=javascript:window.done=1>x</a>",
    "<iframe srcdoc='<script>parent.done=1</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.done=1>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<base href=http://evil.example/>",
    "{{ 7*7 }}{% include 'x' %}{{ config }}",
    "<!--",
    "]]>",
    "<plaintext>",
)
UNFOLD = """(cells) => {
  for (const one of document.querySelectorAll('details')) {
    const part = one.closest('article.cell');
    one.open = !part || cells.includes(part.dataset.cell);
  }
}"""
"""Of nineteen cells three: axe looks at everything that can be seen, and the others are alike."""
TRY_EVERYTHING = """() => {
  for (const one of document.querySelectorAll('*')) {
    for (const kind of ['mouseover', 'focus', 'click']) {
      if (one.tagName !== 'A' && one.tagName !== 'BUTTON') one.dispatchEvent(new Event(kind));
    }
  }
  return window.done;
}"""


@pytest.mark.parametrize("name", samples.PAGES)
def test_a_page_asks_for_nothing_and_says_no_error(opened: Open, name: str) -> None:
    one = opened(samples.PAGES[name]())
    one.page.wait_for_load_state("networkidle")
    assert ([], []) == (one.asked, one.said)


def test_what_a_page_would_ask_for_is_seen(opened: Open) -> None:
    careless = "<img src='http://127.0.0.1:9/x.png'><script>nothing.at.all</script>"
    one = opened(f"<!doctype html><title>x</title>{careless}")
    one.page.wait_for_load_state("networkidle")
    assert ["http://127.0.0.1:9/x.png"] == one.asked
    assert any(line.startswith("error: ") for line in one.said)


@pytest.mark.parametrize("name", samples.PAGES)
def test_every_link_leads_to_a_place_on_the_page(opened: Open, name: str) -> None:
    page = opened(samples.PAGES[name]()).page
    links = page.evaluate(
        "() => [...document.querySelectorAll('a')].map((one) => "
        "[one.getAttribute('href'), !!document.getElementById(one.getAttribute('href').slice(1))])"
    )
    assert links
    assert [] == [href for href, there in links if not there or href[:1] != "#"]


def test_a_link_into_a_cell_shows_it_with_its_details(opened: Open) -> None:
    page = opened(samples.report(), at=f"#cell-{samples.DRIFTING}").page
    place = page.locator(f"[id='cell-{samples.DRIFTING}']")
    assert place.locator("h3").evaluate(
        "(one) => { const at = one.getBoundingClientRect().top; "
        "return at >= 0 && at < innerHeight; }"
    )
    assert 0 == place.locator("details:not([open])").count()
    page.locator(f".chip[data-cell='{samples.FAILING}']").click()
    assert page.url.endswith(f"#cell-{samples.FAILING}")
    assert 0 == page.locator(f"[id='cell-{samples.FAILING}'] details:not([open])").count()


def test_the_filter_by_words_keeps_the_cells_that_say_them(opened: Open) -> None:
    page = opened(samples.report()).page
    assert 19 == page.locator(SHOWN).count()
    page.fill("#filter-text", "libcusolver.so.8.0")
    assert [samples.FAILING] == page.locator(f"{SHOWN} th").all_inner_texts()
    assert "1 of 19 cells" == page.locator("#filter-told").inner_text()
    assert [samples.FAILING] == [
        one.get_attribute("data-cell") for one in page.locator("article.cell:visible").all()
    ]
    assert 1 == page.locator("article.finding:visible").count()
    assert 18 == page.locator(".chip.dim").count()
    assert 0 == page.locator("#curves a.mark:visible").count()
    page.click("#filter button[type=reset]")
    page.wait_for_function("() => !document.querySelector('.gone')")
    assert 19 == page.locator(SHOWN).count()
    page.fill("#filter-text", "zzqq")
    assert 0 == page.locator(SHOWN).count()


def test_the_nights_of_a_cell_are_drawn_and_go_with_the_filter(opened: Open) -> None:
    page = opened(samples.nights()).page
    rows = page.locator("#history tbody tr")
    assert rows.count() > 19
    moved = page.locator(f"#history tr[data-cell='{samples.DRIFTING}'] svg .changed")
    assert moved.count() >= 1
    assert page.locator("#history svg .lone").count() > 19
    box = page.locator("#history svg").first.bounding_box()
    assert box is not None
    assert box["width"] > 100
    assert box["height"] < 60
    page.fill("#filter-text", "libcusolver.so.8.0")
    shown = {one.get_attribute("data-cell") for one in rows.all() if one.is_visible()}
    assert shown <= {samples.FAILING}


def test_the_filter_by_verdict_keeps_those_that_have_it(opened: Open) -> None:
    page = opened(samples.report()).page
    page.uncheck("#filter input[value=pass]")
    assert {"fail", "drift", "unverified"} == {
        one.get_attribute("data-verdict") for one in page.locator(SHOWN).all()
    }
    for verdict in ("fail", "unverified"):
        page.uncheck(f"#filter input[value={verdict}]")
    assert [samples.DRIFTING] == page.locator(f"{SHOWN} th").all_inner_texts()


def test_a_link_to_what_the_filter_hides_shows_all_again(opened: Open) -> None:
    page = opened(samples.report()).page
    page.fill("#filter-text", "libcusolver.so.8.0")
    page.locator(f".chip[data-cell='{samples.PASSING}']").click()
    page.locator(f"[id='cell-{samples.PASSING}']").wait_for(state="visible")
    assert 19 == page.locator(SHOWN).count()


def test_without_script_all_of_it_can_be_read(opened: Open) -> None:
    page = opened(samples.report(), script=False).page
    assert page.locator("#filter").is_hidden()
    assert 19 == page.locator(SHOWN).count() == page.locator("article.cell:visible").count()
    assert page.locator("#curves svg polyline").first.is_visible()
    part = page.locator(f"[id='cell-{samples.DRIFTING}']")
    hidden = part.locator("table").first
    assert hidden.is_hidden()
    part.locator("summary").first.click()
    assert hidden.is_visible()


def test_on_paper_what_is_folded_is_printed(opened: Open) -> None:
    page = opened(samples.report(), script=False).page
    folded = page.locator("article.cell details table").first
    assert folded.is_hidden()
    page.emulate_media(media="print")
    assert folded.is_visible()
    assert page.locator(".places").is_hidden()


@pytest.mark.parametrize("name", samples.PAGES)
def test_a_phone_scrolls_tables_not_the_page(opened: Open, name: str) -> None:
    page = opened(samples.PAGES[name](), size=NARROW).page
    page.evaluate(
        "() => { for (const one of document.querySelectorAll('details')) one.open = true; }"
    )
    assert NARROW[0] >= page.evaluate("() => document.documentElement.scrollWidth")
    columns = page.evaluate(
        "() => [...document.querySelectorAll('td, th')].map((one) => one.getBoundingClientRect())"
        ".filter((one) => one.height > 200 && one.width < 50).length"
    )
    assert 0 == columns, "a column is so narrow that words are broken letter by letter"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", samples.PAGES)
def test_axe_finds_no_serious_fault(
    opened: Open, name: str, scheme: str, size: tuple[int, int]
) -> None:
    page = opened(samples.PAGES[name](), size=size, scheme=scheme).page
    page.evaluate(UNFOLD, [samples.FAILING, samples.DRIFTING, samples.PASSING])
    assert page.locator("details[open]").count() > 5 or name in ("check", "difference")
    found = Axe().run(page).response
    assert found["passes"]
    assert [] == [_told(one) for one in found["violations"] if one["impact"] in BAD]


def test_axe_would_find_a_serious_fault(opened: Open) -> None:
    page = opened("<!doctype html><html lang=en><title>x</title><main><img src=x>").page
    found = Axe().run(page).response["violations"]
    assert "image-alt" in [one["id"] for one in found if one["impact"] in BAD]


def _told(violation: dict[str, Any]) -> str:
    nodes = [node["html"][:120] for node in violation["nodes"][:3]]
    return f"{violation['id']} ({violation['impact']}): {nodes}"


def spoilt(say: list[str]) -> dict[str, str]:
    """Each page with the texts in every field that an image, a suite or a foreign file fills."""
    from tests.unit.test_check_pages import spoilt_page
    from tests.unit.test_formats_hostile import both

    judged, compared = both(say)
    return {
        "report": render("html", judged),
        "comparison": render("html", compared),
        "check": render_page("html", spoilt_page("".join(say))),
    }


SHORT = [text for text in (*ATTACKS, *CANNED) if 0 < len(text.strip()) < 1000]
FOURS = [
    [SHORT[(start + place) % len(SHORT)] for place in range(4)] for start in range(0, len(SHORT), 2)
]


@pytest.mark.parametrize("say", FOURS, ids=lambda say: ascii(say[0])[:40])
def test_what_an_image_says_runs_nothing_and_fetches_nothing(opened: Open, say: list[str]) -> None:
    for text in spoilt(say).values():
        one = opened(text)
        scripts = one.page.locator("script").count()
        assert one.page.evaluate(TRY_EVERYTHING) is None
        one.page.wait_for_load_state("networkidle")
        assert (1, [], []) == (scripts, one.asked, one.said)
        strange = "img, iframe, link, base, math, object, embed, [style], [onerror], [onload]"
        assert 0 == one.page.locator(strange).count()


def test_these_texts_do_run_on_a_careless_page(opened: Open) -> None:
    ran = []
    for text in ATTACKS:
        one = opened(f"<!doctype html><title>x</title><main><p title='{text}'>{text}</p></main>")
        try:
            ran.append(one.page.evaluate(TRY_EVERYTHING) == 1)
        except PageGone:
            ran.append(True)  # it led the reader elsewhere
    assert sum(ran) >= 6


def test_what_an_image_says_can_be_read(opened: Open) -> None:
    say = [ATTACKS[0], ATTACKS[3], "a&b", "c<d"]
    page = opened(spoilt(say)["report"]).page
    told = page.locator("body").inner_text()
    assert [] == [one for one in say if one not in told]
    assert html.escape(ATTACKS[0]) in page.content()
