"""The live scene in a real browser: what it says in words, what it draws, and that it can stand still."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import moments
from tests.browser.demo_picture import picture
from tests.browser.page import Page, chromium, open_page
from tests.sandbox.front_harness import FixedView, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; run scripts/ensure_chromium.sh")


@pytest.fixture(scope="module")
def staged() -> Iterator[Rehearsal]:
    """A page whose picture a test sets."""
    with rehearsal(view=FixedView(moments.idle())) as running:
        yield running


@pytest.fixture(scope="module")
def browser(staged: Rehearsal) -> Iterator[Page]:
    """One browser for the tests of this module."""
    with open_page(staged.url, width=1440, height=900) as page:
        yield page


def shown(page: Page, staged: Rehearsal, moment: dict[str, Any]) -> Locator:
    """The page's view, opened at a moment."""
    staged.view.shown = moment
    page.browser.reload()
    expect(page.browser.locator(".stage")).to_be_visible()
    return page.browser.locator(".view")


def test_the_steps_light_up_and_say_how_long(browser: Page, staged: Rehearsal) -> None:
    """What is done, what is now and since when, what is to come; and a sentence on it."""
    view = shown(browser, staged, moments.switching(30))
    expect(view.locator(".step.done")).to_have_count(8)
    expect(view.locator("[aria-current=step]")).to_contain_text(re.compile(r"Switch.*now 0:4\d"))
    expect(view.locator(".step.ahead").first).to_contain_text("to come")
    expect(view.locator(".headline")).to_have_text("Traffic goes to the new fleet; devices move over.")
    expect(browser.browser.locator("#announce")).to_have_text(
        "cameras-142: Traffic goes to the new fleet; devices move over."
    )


def test_a_countdown_has_words_and_is_paused_with_virtual_time(browser: Page, staged: Rehearsal) -> None:
    """The two hours of the old fleet: how long, until when, what happens then; and that time stands still."""
    view = shown(browser, staged, picture("switch"))
    countdown = view.get_by_role("timer")
    expect(countdown).to_contain_text(re.compile(r"1:57:\d\d until the old fleet ends"))
    expect(countdown).to_contain_text("one click goes back")
    expect(countdown.locator(".ring-left")).to_have_attribute("stroke-dasharray", re.compile(r"9\d\.\d 100"))
    expect(countdown.locator(".paused")).to_be_hidden()
    stopped = picture("switch")
    stopped["clock"]["rate"] = 0
    view = shown(browser, staged, stopped)
    expect(view.get_by_text("paused: virtual time stands still")).to_be_visible()
    expect(view.get_by_role("timer")).to_contain_text("1:57:23")


def test_a_failed_deployment_says_so_in_words(browser: Page, staged: Rehearsal) -> None:
    """Which step failed, who decides, and for how long."""
    view = shown(browser, staged, moments.failed())
    expect(view.locator(".headline")).to_contain_text("A step failed. Somebody decides")
    expect(view.locator(".step.failed")).to_contain_text("Install")
    expect(view.locator(".step.failed .took")).to_have_text("failed")
    expect(view.get_by_text("waits for a person")).to_be_visible()
    expect(view.get_by_role("timer")).to_contain_text("then it is given up")


def test_going_back_stands_beside_the_track(browser: Page, staged: Rehearsal) -> None:
    """A way around the track is shown once it is taken; counters say what failed."""
    view = shown(browser, staged, moments.going_back())
    expect(view.locator(".around [aria-current=step]")).to_contain_text("Switch back")
    expect(view.locator(".headline")).to_contain_text("Going back: traffic returns to the old fleet")
    expect(view.locator(".counter.bad")).to_contain_text("✕ failed")
    expect(view.locator(".fleet").last).to_contain_text("unhealthy")


def test_a_server_and_its_frontend_are_followed_together(browser: Page, staged: Rehearsal) -> None:
    """A track for each, in the words of its kind; and what visitors of the website get at each location."""
    view = shown(browser, staged, moments.releasing())
    expect(view.locator(".run")).to_have_count(2)
    release = view.get_by_role("article", name="web-production-3")
    expect(release.locator(".headline")).to_have_text("Telling the CDN which pages have changed.")
    expect(release.locator("[aria-current=step]")).to_contain_text("Tell the CDN")
    website = view.get_by_role("region", name="Website")
    kept = view.get_by_role("article", name="cameras-142")
    expect(kept.get_by_role("timer")).to_contain_text("until the old fleet ends")
    expect(kept.locator(".track")).to_have_count(0)
    expect(website).to_contain_text("edge 1: version 13")
    expect(website).to_contain_text("the news is on its way")
    expect(website).to_contain_text("1,204 pages and 5,117 files read, ✓ none missing")
    expect(website).to_contain_text("Nobody reads it yet.")


def test_a_version_more_is_built_where_there_is_a_build_server(browser: Page, staged: Rehearsal) -> None:
    """The buttons stand only where they do something; what went wrong is said beside them."""
    shown(browser, staged, moments.idle())
    expect(browser.browser.locator("#ci")).to_be_hidden()
    shown(browser, staged, {**moments.idle(), "builds": True})
    browser.browser.get_by_role("button", name="Build cameras").click()
    expect(browser.browser.locator("#built")).to_contain_text("⚠")


def test_devices_move_from_old_hosts_to_new_ones(browser: Page, staged: Rehearsal) -> None:
    """Dots are drawn on their way, and in the end all stand at the new fleet."""
    browser.browser.emulate_media(reduced_motion="no-preference")
    view = shown(browser, staged, moments.switching(0))
    docks = view.locator(".fleet").last.locator(".dock")
    expect(docks.first).to_have_attribute("d", "")
    staged.view.shown = picture("switch")
    expect(view.locator(".device.green")).to_have_attribute("d", re.compile(r"^(?:M[^M]*){300}$"))
    expect(docks.first).to_have_attribute("d", re.compile(r"^(?:M[^M]*){100}$"))
    expect(view.locator(".device.blue")).to_have_attribute("d", "")


def test_without_movement_the_same_is_there_at_once(browser: Page, staged: Rehearsal) -> None:
    """Whoever asks for reduced motion gets an empty moving layer, and devices that are where they are."""
    browser.browser.emulate_media(reduced_motion="reduce")
    try:
        view = shown(browser, staged, moments.switching(0))
        staged.view.shown = moments.switching(40)
        docks = view.locator(".fleet").last.locator(".dock")
        expect(docks.first).to_have_attribute("d", re.compile(r"^(?:M[^M]*){36}$"))
        assert browser.browser.evaluate(DRAWN) == 0
        expect(browser.browser.locator("canvas.motion")).not_to_have_attribute("data-moves", "true")
        expect(view.locator(".fleet").first).to_contain_text("60 devices")
    finally:
        browser.browser.emulate_media(reduced_motion="no-preference")
    expect(browser.browser.locator("canvas.motion")).to_have_attribute("data-moves", "true")


DRAWN = """(() => {
  const canvas = document.querySelector("canvas.motion");
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((v) => v).length;
})()"""


def test_the_picture_has_words_for_those_who_do_not_see_it(browser: Page, staged: Rehearsal) -> None:
    """One image with a summary: devices, weights, and each fleet's state and hosts."""
    view = shown(browser, staged, moments.building())
    image = view.get_by_role("img", name="300 of 300 devices online")
    expect(image).to_have_attribute("aria-label", re.compile("cameras-blue 100 %, cameras-green 0 %"))
    expect(image).to_have_attribute(
        "aria-label", re.compile(r"New fleet, building: hosts: 2 running, 3 starting; 0 dev")
    )


@pytest.mark.parametrize("width", [1024, 1440, 1920])
def test_nothing_stands_outside(browser: Page, staged: Rehearsal, width: int) -> None:
    """However wide the window, the view does not scroll sideways and no text leaves its host."""
    browser.browser.set_viewport_size({"width": width, "height": 900})
    try:
        view = shown(browser, staged, moments.switching(30))
        assert view.locator(".panels").evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
        outside = view.locator(".host").evaluate_all(OUTSIDE)
        assert outside == []
    finally:
        browser.browser.set_viewport_size({"width": 1440, "height": 900})


OUTSIDE = """(hosts) => hosts.flatMap((host) => {
  const box = host.querySelector(".tile").getBoundingClientRect();
  return [...host.querySelectorAll("text")].filter((text) => {
    const at = text.getBoundingClientRect();
    return at.width && (at.left < box.left || at.right > box.right + 1);
  }).map((text) => text.textContent);
})"""
