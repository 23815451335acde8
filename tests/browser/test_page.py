"""The sandbox's page in a real browser, in front of a product in miniature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.demo_picture import picture
from tests.browser.fake_product import FakeProduct
from tests.browser.page import Page, chromium, open_page
from tests.sandbox.front_harness import START, FixedView, Rehearsal, rehearsal, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; run scripts/ensure_chromium.sh")


@pytest.fixture(scope="module")
def staged() -> Iterator[Rehearsal]:
    """Chat stand-in and product."""
    product = FakeProduct(lambda: START)
    with served(product.application()) as url, rehearsal(url, view=FixedView(picture("ready"))) as running:
        product.connect(running.url)
        yield running


@pytest.fixture(scope="module")
def browser(staged: Rehearsal) -> Iterator[Page]:
    """One browser for the tests of this module."""
    with open_page(staged.url) as page:
        yield page


@pytest.fixture
def page(browser: Page, staged: Rehearsal) -> Page:
    """The page with an empty channel and a view at its start."""
    staged.channel.clear()
    staged.view.moves.clear()
    browser.browser.reload()
    expect(browser.browser.locator(".person").first).to_be_visible()
    return browser


def test_a_deployment_is_asked_for_and_confirmed_by_a_second_person(page: Page, staged: Rehearsal) -> None:
    """Typing, a refusal that only its reader sees, a confirmation dialog, an edit and a thread."""
    page.act_as("Deployer")
    page.say("/deploy cameras@142 to production")
    page.wait_message("asks for a second person's confirmation")
    page.click("Confirm")
    page.wait_message("Somebody else has to confirm")
    page.act_as("Approver")
    expect(page.browser.locator("#messages")).not_to_contain_text("Somebody else has to confirm")
    page.click("Confirm", message="asks for a second person", confirm=False)
    assert page.sees("asks for a second person")
    page.click("Confirm", message="asks for a second person")
    message = page.wait_message("Preparing the new fleet")
    expect(message.locator(".block-button")).to_have_count(0)
    expect(message).to_contain_text("(edited)")
    expect(message).to_contain_text("1 reply")
    assert "Approver pressed **Confirm**" in staged.chat.transcript()


def test_what_goes_wrong_is_said_where_it_was_tried(page: Page, staged: Rehearsal) -> None:
    """A command that is no command, and a button whose product does not answer."""
    page.act_as("Lead")
    page.say("/deplyo")
    page.wait_message("is not a valid command")
    button = {"type": "button", "text": {"type": "plain_text", "text": "Odd"}, "action_id": "odd"}
    staged.channel.post(
        "C0DEPLOYS", "U0POINTSMAN", "try me", blocks=[{"type": "actions", "elements": [button]}]
    )
    page.click("Odd")
    expect(page.wait_message("Odd").get_by_role("alert")).to_contain_text("dispatch_failed")


def test_text_from_messages_is_never_markup(page: Page) -> None:
    """What people write cannot become elements of the page."""
    page.say("<img src=x onerror=alert(1)> <javascript:alert(1)|click> *bold*")
    message = page.wait_message("<img src=x onerror=alert(1)>")
    expect(message.locator("img, a")).to_have_count(0)
    expect(message.locator(".content strong")).to_have_text("bold")


def test_hints_complete_a_command_from_the_keyboard(page: Page) -> None:
    """Arrow keys choose a hint, Tab takes it, Escape closes the list."""
    box = page.browser.get_by_label("Message or command")
    box.press_sequentially("/deploy k")
    options = page.browser.locator("#hints").get_by_role("option")
    expect(options).to_have_count(2)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("Tab")
    expect(box).to_have_value("/deploy keep cameras production end")
    box.fill("/deploy k")
    box.press("Escape")
    expect(page.browser.locator("#hints")).to_be_hidden()


def test_the_live_view_names_states_in_words(page: Page) -> None:
    """Fleets, health, weights and the current phase can be read without color; the clock's buttons work."""
    fleets = page.browser.locator(".fleet")
    expect(fleets).to_have_count(2)
    expect(fleets.first).to_contain_text("live")
    expect(fleets.first).to_contain_text("healthy")
    expect(page.browser.locator(".share").first).to_contain_text("100 %")
    expect(page.browser.locator("[aria-current=step]")).to_contain_text("Ready")


def test_the_clock_can_be_moved(page: Page, staged: Rehearsal) -> None:
    """Skip to the next deadline, an hour more, another speed."""
    moves: list[Callable[[], object]] = [
        lambda: page.browser.get_by_role("button", name="Skip to next deadline").click(),
        lambda: page.browser.get_by_role("button", name="+1 h").click(),
        lambda: page.browser.get_by_label("Speed").select_option("60"),
    ]
    for move in moves:
        with page.browser.expect_response("**/_sandbox/clock"):
            move()
    assert staged.view.moves == [{"skip": True}, {"advance": 3600}, {"rate": 60}]


def test_the_page_starts_while_the_rest_is_still_starting(page: Page, staged: Rehearsal) -> None:
    """Every part of the picture is optional."""
    shown = staged.view.shown
    staged.view.shown = {**dict.fromkeys(shown), "clock": {**shown["clock"], "next_deadline": None}}
    try:
        page.browser.reload()
        page.wait_view("The platform is starting")
        page.wait_view("No deployment yet")
        expect(page.browser.get_by_role("button", name="Skip to next deadline")).to_be_disabled()
    finally:
        staged.view.shown = shown
