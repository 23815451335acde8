"""The page as a chat: channels, threads, what one person alone sees, the app's Home tab and its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.front.workspace import BOT_USER_ID, DEPLOYS, STAGING
from tests.browser.demo_picture import picture
from tests.browser.fake_product import FakeProduct
from tests.browser.page import Page, chromium, open_page
from tests.sandbox.front_harness import START, FixedView, Rehearsal, rehearsal, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; run scripts/ensure_chromium.sh")


@pytest.fixture(scope="module")
def product() -> FakeProduct:
    """What answers."""
    return FakeProduct(lambda: START)


@pytest.fixture(scope="module")
def staged(product: FakeProduct) -> Iterator[Rehearsal]:
    """Chat stand-in and product."""
    with served(product.application()) as url, rehearsal(url, view=FixedView(picture("ready"))) as running:
        product.connect(running.url)
        yield running


@pytest.fixture(scope="module")
def browser(staged: Rehearsal) -> Iterator[Page]:
    """One browser for the tests of this module."""
    with open_page(staged.url) as page:
        yield page


@pytest.fixture
def page(browser: Page, staged: Rehearsal, product: FakeProduct) -> Page:
    """The page with empty channels, as the Lead sees it."""
    staged.channel.clear()
    product.waiting = 2
    browser.browser.reload()
    browser.act_as("Lead")
    return browser


def test_the_home_tab_is_drawn_by_the_app_and_its_buttons_work(page: Page) -> None:
    """Opening it tells the app, which draws it; a button changes it, while the focus stays; everybody has their own."""
    home = page.go_to("Pointsman")
    expect(home).to_contain_text("2 questions wait for you.")
    expect(page.browser.get_by_label("Message or command")).to_be_hidden()
    home.get_by_role("button", name="I will look").click()
    expect(home).to_contain_text("Nothing waits for you.")
    expect(home.get_by_role("button", name="I will look")).to_be_focused()
    page.act_as("Guest")
    expect(home.get_by_role("button", name="Deploy…")).to_be_visible()
    page.go_to("deploys")
    expect(home).to_be_hidden()


def test_a_form_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(
    page: Page, product: FakeProduct
) -> None:
    """What is empty is said by the page, what is wrong by the app; then it is sent and the form closes."""
    form = _opened_form(page)
    ticket = form.get_by_label("Change ticket")
    form.get_by_role("button", name="Ask to deploy").click()
    expect(ticket).to_have_accessible_description(
        "Its number, as in OPS-142. Production needs one that is approved. Error: Please fill this in."
    )
    form.get_by_label("Version").select_option("cameras@142")
    ticket.fill("OPS-1")
    ticket.press("Enter")
    expect(form.get_by_text("There is no approved ticket with this number.")).to_be_visible()
    expect(ticket).to_have_attribute("aria-invalid", "true")
    expect(ticket).to_be_focused()
    expect(form.get_by_label("Version")).to_have_value("cameras@142")
    ticket.fill("OPS-142")
    form.get_by_label("Change nothing").check()
    form.get_by_role("button", name="Ask to deploy").click()
    expect(form).to_be_hidden()
    sent = {name: next(iter(each.values())) for name, each in product.submitted.items()}
    assert sent["ticket"] == {"type": "plain_text_input", "value": "OPS-142"}
    assert sent["version"]["selected_option"]["value"] == "cameras@142"
    assert sent["environment"]["selected_option"]["value"] == "production"
    assert [each["value"] for each in sent["plan"]["selected_options"]] == ["plan"]


def test_escape_closes_a_form_for_good(page: Page, staged: Rehearsal) -> None:
    """The server knows it too, and the focus returns to the button that opened it."""
    form = _opened_form(page)
    expect(form.get_by_label("Version")).to_be_focused()
    with page.browser.expect_response("**/_sandbox/close"):
        page.browser.keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(page.browser.get_by_role("button", name="Deploy…")).to_be_focused()
    assert staged.chat.view("U0LEAD", "modal") is None


def test_replies_are_read_in_a_panel_beside_the_channel(page: Page, staged: Rehearsal) -> None:
    """The button says how many and when; the panel takes the focus and gives it back; broadcasts say so twice."""
    root = staged.channel.post(DEPLOYS, BOT_USER_ID, "cameras@142 to production")
    staged.channel.post(DEPLOYS, BOT_USER_ID, "Launching hosts", thread_ts=root.ts)
    staged.channel.post(DEPLOYS, BOT_USER_ID, "Ready to finish", thread_ts=root.ts, broadcast=True)
    replies = page.wait_message("cameras@142 to production").get_by_role(
        "button", name="2 replies, last 11:06"
    )
    assert not page.sees("Launching hosts")
    expect(page.wait_message("Ready to finish")).to_contain_text("also sent to the channel")
    replies.press("Enter")
    thread = page.browser.get_by_role("complementary", name="Thread")
    expect(thread).to_contain_text("Launching hosts")
    expect(thread).to_contain_text("also sent to the channel")
    expect(page.browser.get_by_role("button", name="Close the thread")).to_be_focused()
    page.browser.keyboard.press("Escape")
    expect(thread).to_be_hidden()
    expect(replies).to_be_focused()


def test_each_channel_has_its_own_messages_and_counts_what_is_unread(page: Page, staged: Rehearsal) -> None:
    """What is said elsewhere is counted until one goes there; what one types stays and goes where one is."""
    staged.channel.post(STAGING, BOT_USER_ID, "doors@78 is live in staging")
    link = page.browser.locator(".rail").get_by_role("button", name="staging")
    expect(link).to_have_accessible_name("staging 1 unread")
    assert not page.sees("doors@78")
    box = page.browser.get_by_label("Message or command")
    box.fill("half a thought")
    page.go_to("staging")
    expect(box).to_have_value("")
    page.wait_message("doors@78 is live in staging")
    expect(link).to_have_accessible_name("staging")
    page.say("thank you")
    page.wait_message("thank you")
    assert staged.channel.messages(STAGING)[-1].text == "thank you"
    page.go_to("deploys")
    assert not page.sees("thank you")
    expect(box).to_have_value("half a thought")


def test_what_one_person_alone_sees_is_marked_and_hidden_from_others(page: Page) -> None:
    """Also in the page's text, not only by color; it is there again for that person."""
    page.say("/deploy status")
    expect(page.wait_message("Nothing is going on")).to_contain_text("Only visible to you")
    page.act_as("Guest")
    expect(page.browser.locator("#messages")).not_to_contain_text("Nothing is going on")
    page.act_as("Lead")
    page.wait_message("Nothing is going on")


def _opened_form(page: Page) -> Locator:
    page.go_to("Pointsman").get_by_role("button", name="Deploy…").click()
    form = page.browser.get_by_role("dialog", name="Deploy a version")
    expect(form).to_be_visible()
    return form
