"""The review pages in a real Chromium, served by the real process: what a manager does, and what WCAG 2.2 AA asks.

One server and one browser for both tests. Where there is no browser, they are skipped.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from tests.processes.running import PATIENCE_SECONDS, change, command, letters_sent, new_database
from workflow.change import Actor, Change

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LONGEST = "EHCNA/2026/NORTHWEST/REASSESSMENTS/00001"
PAGES = (
    "/", "/due?when=overdue", "/case?reference=H-0", "/cases?state=letter_sent", "/log", "/dashboard",
    "/report?from=2026-05-01", "/case?reference=OWED-1", f"/case?reference={LONGEST}", "/case?reference=NONE-1",
)  # fmt: skip
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = PATIENCE_SECONDS * 1000

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real pages on a database in which something is overdue; the link that lets one in. They stop in order."""
    database = new_database(f"sqlite:///{tmp_path_factory.mktemp('review')}/r.db", "2026-05-20T09:00:00+01:00")
    letters_sent(database, 3, sent="2026-05-18")
    letters_sent(database, 1, sent="2026-02-23", prefix="EXPIRED")
    owed = {
        "decision": "assessment_refused",
        "party": "parent",
        "requested_on": "2026-01-19",
        "letter_sha256": "0a" * 32,
    }
    change(database, Change("open", "OWED-1", Actor("caseworker"), trigger="open", facts=owed, note="<b>a note</b>"))
    named = {"decision": "plan_refused", "party": "parent", "decided_on": "2026-05-18"}
    change(database, Change("open", LONGEST, Actor("caseworker"), trigger="open", facts=named))
    process = subprocess.Popen(
        command(database, "review", "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            found = re.search(r"http://\S+", line)
        yield found[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def page(link: str) -> Iterator[Any]:
    """A page of one browser that was let in, with what it asked for and complained of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET), timeout=PATIENCE)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(link)
        yield page
        browser.close()


def test_a_manager_finds_an_overdue_case_by_keyboard_and_looks_at_everything(link: str, page: Any) -> None:
    origin = link.partition("/enter")[0]
    faults: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    assert page.url == f"{origin}/", "the token must not stay in the address"
    page.goto(origin)
    assert page.title() == "What is due – Redress"
    assert page.locator("section.overdue tbody tr").count() == 3
    _skips_to_the_page(page)
    page.get_by_label("Case reference").focus()
    page.keyboard.type("OWED-1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/case?reference=OWED-1")
    assert page.locator("blockquote").inner_text() == "<b>a note</b>"
    reckoning = page.locator("details").first
    assert not reckoning.locator("ol").is_visible()
    reckoning.locator("summary").focus()
    page.keyboard.press("Enter")
    reckoning.locator("ol").wait_for(state="visible")
    assert "SEND Regs 2014 reg 5(1)" in reckoning.inner_text()
    page.get_by_role("link", name="Dashboard").click()
    assert page.get_by_role("img", name="Cases by state").is_visible()
    page.get_by_text("The numbers, and the cases behind them").first.click()
    page.get_by_role("link", name="Letter sent").click()
    assert page.locator("tbody tr").count() == 4
    page.get_by_role("link", name="The log", exact=True).click()
    page.get_by_label("What happened").select_option("send_letter")
    page.get_by_role("button", name="Show").click()
    assert page.locator("table.log tbody tr").count() == 4
    _waits_for_the_proof(page)
    assert faults == []
    assert len(asked) > 8
    assert [each for each in asked if not each.startswith(f"{origin}/")] == []
    assert page.evaluate("fetch('/', {method: 'POST'}).then(() => 'sent', () => 'refused')") == "refused"


def _skips_to_the_page(page: Any) -> None:
    """The first stop of the keyboard is the link past the menus, seen while it is there."""
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("link => document.activeElement === link && link.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def _waits_for_the_proof(page: Any) -> None:
    """It is made beside the pages, in a process of its own."""
    for _ in range(int(PATIENCE_SECONDS * 10)):
        if "The log is intact: 10 entries of 6 cases" in page.locator("p.proof").inner_text():
            return
        page.wait_for_timeout(100)
        page.reload()
    raise AssertionError(page.locator("p.proof").inner_text())


def test_every_page_keeps_to_wcag_22_aa(link: str, page: Any) -> None:
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    origin = link.partition("/enter")[0]
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.goto(origin + path).status == (404 if "NONE" in path else 200), path
        page.evaluate(_OPEN_ALL)
        page.evaluate(axe)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG)
        assert [_said(each) for each in found["violations"]] == [], path
        assert len(found["passes"]) > 15, "axe looked at nothing"
        page.set_viewport_size({"width": 320, "height": 640})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} must be read without scrolling sideways at 320 pixels: it is {wide} wide"
        assert page.evaluate(_SMALL_TARGETS) == [], path
        assert page.evaluate("document.querySelectorAll('h1').length") == 1


_OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"

# SC 2.5.8: what is clicked is 24 pixels high, unless it stands in a line of words, or in the row of a table.
_SMALL_TARGETS = """[...document.querySelectorAll('button, input, select, summary, nav a, .tiles a')]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 24).map(each => each.outerHTML)"""


def _said(violation: dict[str, Any]) -> str:
    return f"{violation['id']}: {violation['help']}: {[node['html'] for node in violation['nodes'][:3]]}"
