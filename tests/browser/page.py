"""Driving the sandbox's page as a person would: act as somebody, type, click, wait for what appears."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page as BrowserPage

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 10_000  # milliseconds


def chromium() -> str | None:
    """The system's Chromium, if there is one; `scripts/ensure_chromium.sh` installs it."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


class Page:
    """The channel and the live view in a browser."""

    def __init__(self, browser: BrowserPage) -> None:
        self.browser = browser

    def act_as(self, person: str) -> None:
        """Choose who types and clicks from now on."""
        self.browser.locator(f'.person:has(.who:text-is("{person}"))').click()

    def go_to(self, place: str) -> Locator:
        """Open a channel, or the app's Home tab by the app's name; returns the part of the page that shows it."""
        self.browser.locator(".rail").get_by_role("button", name=place).click()
        expect(self.browser.locator("#place")).to_have_text(re.compile(f"^#?{place}$"))
        return self.browser.locator("#home" if self.browser.locator("#home").is_visible() else "#stream")

    def say(self, text: str) -> None:
        """Type a line into the box and send it."""
        box = self.browser.get_by_label("Message or command")
        box.fill(text)
        box.press("Enter")

    def click(self, label: str, *, message: str | None = None, confirm: bool = True) -> None:
        """Press the newest button with this label (of the message that shows a text, if named).

        Where the button asks back in a dialog, `confirm` says what to answer.
        """
        within = self._messages(message) if message else self.browser.locator("#messages")
        within.get_by_role("button", name=label, exact=True).last.click()
        dialog = self.browser.locator("dialog#ask[open]")
        if dialog.count():
            dialog.get_by_role("button").nth(1 if confirm else 0).click()

    def wait_message(self, text: str, timeout: float = PATIENCE) -> Locator:
        """The newest message that shows a text, once there is one."""
        found = self._messages(text).last
        expect(found).to_be_visible(timeout=timeout)
        return found

    def wait_view(self, text: str, timeout: float = PATIENCE) -> Locator:
        """The part of the live view that shows a text, once there is one."""
        found = self.browser.locator(".view").get_by_text(text).first
        expect(found).to_be_visible(timeout=timeout)
        return found

    def sees(self, text: str) -> bool:
        """Whether a message with this text is on the screen now."""
        return self._messages(text).count() > 0

    def screenshot(self, path: Path) -> None:
        """Save what the window shows, as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.browser.screenshot(path=path)

    def _messages(self, text: str) -> Locator:
        return self.browser.locator("#messages > .message", has_text=text)


@contextmanager
def open_page(url: str, *, width: int = 1280, height: int = 800, dark: bool = False) -> Iterator[Page]:
    """The page in a fresh browser. Fails on any script error and on any request to another host."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=FLAGS,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        try:
            browser = context.pages[0]
            troubles: list[str] = []
            browser.on("pageerror", lambda error: troubles.append(str(error)))
            browser.on(
                "request", lambda r: None if r.url.startswith((url, "data:")) else troubles.append(r.url)
            )
            browser.goto(url)
            expect(browser.locator("#link")).to_have_text("live")
            expect(browser.locator(".person").first).to_be_visible()
            yield Page(browser)
            assert not troubles, troubles
        finally:
            context.close()
