"""The HTML report in a real browser: nothing fails, nothing overflows, everything can be reached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_samples import full_report

from adamcheck.report.html import render

pytest.importorskip("selenium")
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="needs the packages chromium and chromium-driver"
    ),
]

COMMITTED = sorted((Path(__file__).resolve().parents[2] / "reports").rglob("*.html"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with every kind of finding in it."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(full_report()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module", params=["sample", *map(str, COMMITTED)], ids=lambda p: Path(p).stem)
def address(request: pytest.FixtureRequest, sample: str) -> str:
    """The sample, and each report that is committed."""
    return sample if request.param == "sample" else Path(request.param).as_uri()


def show(browser: Chrome, address: str, width: int = 1200, scheme: str = "light") -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(address)


def unfold(browser: Chrome) -> None:
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")


def asked(browser: Chrome, script: str) -> Any:
    return browser.execute_script(f"return {script}")


def test_the_page_loads_without_a_complaint_and_asks_for_nothing_else(browser: Chrome, address: str) -> None:
    browser.get_log("performance")
    show(browser, address)
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    asked_for = {request["request"]["url"] for request in sent if request["documentURL"] == address}
    assert address in asked_for
    assert asked_for <= {address, "data:,"}


def test_every_figure_and_every_formula_takes_up_room(browser: Chrome, address: str) -> None:
    show(browser, address)
    unfold(browser)
    sizes = asked(
        browser,
        "[...document.querySelectorAll('svg, math')].map(e => {"
        "const box = e.getBoundingClientRect(); return [e.outerHTML.slice(0, 80), box.width, box.height]})",
    )
    assert len(sizes) > 10 or "report.html" not in address
    assert [what for what, width, height in sizes if width < 2 or height < 2] == []


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_never_scrolls_sideways(browser: Chrome, address: str, width: int) -> None:
    show(browser, address, width)
    for _ in range(2):
        assert asked(browser, "document.documentElement.scrollWidth") <= width
        unfold(browser)


def test_what_is_wider_than_a_phone_scrolls_inside_its_box(browser: Chrome, address: str) -> None:
    show(browser, address, 360)
    unfold(browser)
    escaped = asked(
        browser,
        "[...document.querySelectorAll('table, pre, svg, .formula math')].filter(e => {"
        "const box = e.closest('.scroll, pre, .drawing, .formula').getBoundingClientRect();"
        "return box.right > innerWidth + 1 || box.left < 0}).map(e => e.outerHTML.slice(0, 80))",
    )
    assert escaped == []


def test_every_fold_opens_from_the_keyboard(browser: Chrome, sample: str) -> None:
    show(browser, sample)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = false)")
    folds = asked(browser, "document.querySelectorAll('main details').length")
    reached = 0
    body = browser.find_element("css selector", "body")
    body.send_keys(Keys.TAB)
    for _ in range(40 * folds):
        if asked(browser, "document.activeElement === document.body"):
            break
        if asked(browser, "document.activeElement.matches('summary')"):
            summary = browser.switch_to.active_element
            summary.send_keys(Keys.ENTER)
            assert asked(browser, "document.activeElement.parentElement.open")
            summary.send_keys(Keys.ENTER)
            reached += 1
        browser.switch_to.active_element.send_keys(Keys.TAB)
    assert reached == folds


def test_the_first_stop_of_the_keyboard_leads_past_the_contents(browser: Chrome, sample: str) -> None:
    show(browser, sample)
    browser.find_element("css selector", "body").send_keys(Keys.TAB)
    link = browser.switch_to.active_element
    assert link.text == "Skip to the report"
    link.send_keys(Keys.ENTER)
    assert asked(browser, "location.hash") == "#main"


def test_the_page_follows_the_colour_scheme_of_the_reader(browser: Chrome, address: str) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        show(browser, address, scheme=scheme)
        seen[scheme] = [
            sum(map(int, asked(browser, f"getComputedStyle(document.body).{what}")[4:-1].split(",")))
            for what in ("backgroundColor", "color")
        ]
    assert seen["light"][0] > seen["light"][1]
    assert seen["dark"][0] < seen["dark"][1]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_compatibility_matrix_is_whole_at_every_width(browser: Chrome, width: int) -> None:
    (page,) = (path for path in COMMITTED if path.stem == "matrix")
    show(browser, page.as_uri(), width)
    beyond = "[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)"
    assert asked(browser, beyond) == [0]
