"""What people do in each story: typed commands and clicks through the public door, and what they wait to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox import table
from sandbox.clock import DEFAULT_RATE
from sandbox.front import workspace
from sandbox.front.client import RefusedError, has_button, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.client import Chat, Message
    from sandbox.house import House

ENVIRONMENT = "production"
DEPLOYER, APPROVER, LEAD = "Deployer", "Approver", "Lead"
TRIES = 4
"""How often people type or press the same while they are asked to try again: a busy machine answers late."""
TRY_AGAIN = "please try again in a moment"
TOO_LATE = "operation_timeout"
LIVE = "I clean up by myself"
"""What the message of a release says once it is live, be there an earlier one or not."""


@dataclass(frozen=True)
class Story:
    """A story: how it is told, how it ends, and what is wrong with the build it deploys, if anything."""

    tell: Callable[[Teller], None]
    outcome: str
    broken: str | None = None
    build: str = "passed"
    """What CI has reported when the story begins: `passed`, or `running`."""
    machine: str = "DeployMachine"
    """Whose executions it is about, by its logical id."""


@dataclass
class Teller:
    """The people of a story. `tell` shows progress while it works."""

    house: House
    chat: Chat
    tell: Callable[[str], None]
    version: str
    service: str = "cameras"
    environment: str = ENVIRONMENT

    @property
    def deploy_command(self) -> str:
        """What starts the story."""
        return f"/deploy {self.service}@{self.version} to {self.environment}"

    @property
    def name(self) -> str:
        """What is deployed, as messages call it: the tag of a release begins with its service."""
        tagged = self.version.startswith(f"{self.service}_")
        return self.version if tagged else f"{self.service}@{self.version}"

    @property
    def heading(self) -> str:
        """How the deployment's message begins, before its state."""
        return f"{self.name} to {self.environment}: "

    def say(self, who: str, text: str) -> None:
        """Somebody types."""
        self.tell(f"{who} types {text}")
        self._until_heard(who, lambda: self.chat.say(who, text))

    def click(self, who: str, button: str) -> None:
        """Somebody presses a button, as soon as they see it: it may come a moment after the words."""
        self.chat.wait_for(lambda message: has_button(message, button), viewer=who)
        self.tell(f"{who} presses {button!r}")
        self._until_heard(who, lambda: self.chat.click(who, button))

    def _until_heard(self, who: str, act: Callable[[], None]) -> None:
        """Do it, and once more while the product, or Slack in its place, asks for that."""
        for attempt in range(TRIES):
            asked = self._pleas(who)
            try:
                act()
            except RefusedError as refused:
                if TOO_LATE not in str(refused) or attempt + 1 == TRIES:
                    raise
                continue
            except LookupError:
                if attempt == 0:
                    raise
                return  # the button is gone: it was heard after all
            if self._pleas(who) == asked:
                return

    def _pleas(self, who: str) -> int:
        return sum(TRY_AGAIN in shown(message) for message in self.chat.messages(who))

    def wait(self, text: str, seconds: float = 60) -> Message:
        """Wait until the message of this deployment shows a text."""

        def fits(message: Message) -> bool:
            return self.heading in shown(message) and text in shown(message)

        return self.chat.wait_for(fits, seconds)

    def wait_for_question(self, question: str, seconds: float = 60) -> Message:
        """Wait until a question about this deployment can be answered."""

        def fits(message: Message) -> bool:
            parts = (question, f"{self.name}*", "/deploy confirm")
            return all(part in shown(message) for part in parts)

        return self.chat.wait_for(fits, seconds)

    def ask_and_confirm(self, question: str) -> None:
        """A second person confirms the question that shows now."""
        self.wait_for_question(question)
        self.click(APPROVER, "Confirm")

    def reject(self, reason: str) -> None:
        """A second person says no: the button opens a form that asks why."""
        self.click(APPROVER, "Reject")
        self.send_reason(reason)

    def send_reason(self, reason: str) -> None:
        """What stands in the form that Reject has opened is sent."""
        form = self.chat.wait_for_view(workspace.person(APPROVER).id, "modal", lambda text: "Reason" in text)
        (field,) = (block for block in form["blocks"] if block["type"] == "input")
        element = {"type": field["element"]["type"], "value": reason}
        self.tell(f"{APPROVER} gives the reason {reason!r}")
        self.chat.submit(APPROVER, form, {field["block_id"]: {field["element"]["action_id"]: element}})

    def start(self) -> None:
        """Deploy, confirmed."""
        self.say(DEPLOYER, self.deploy_command)
        self.ask_and_confirm("May this deployment start?")

    def until_ready(self) -> None:
        """Deploy up to the wait for a person."""
        self.start()
        self.tell("The new fleet is launched, configured, installed and tested ...")
        self.wait("The new fleet is ready", seconds=150)

    def until_kept(self) -> None:
        """Deploy up to the old fleet standing by."""
        self.until_ready()
        self.finish()

    def finish(self) -> None:
        """Switch, confirmed."""
        self.say(DEPLOYER, f"/deploy finish cameras {ENVIRONMENT}")
        self.wait_for_question("May traffic switch to the new fleet?")
        self.house.watch_switch(self.version)
        self.click(APPROVER, "Confirm")
        self.tell("Traffic moves; the devices are asked to follow, in paced batches ...")
        self.wait("The old fleet stands by until", seconds=120)

    def until_asked(self) -> list[str]:
        """Wait until the table has an open question, also one that nobody is asked aloud: whether an old fleet is kept.
        The codes of all that are open."""
        self.house.until(lambda: bool(table.open_questions(self.house)), "something is asked")
        return table.open_questions(self.house)

    def skip(self, seconds: float, what: str) -> None:
        """Let virtual time pass at once, as soon as the product waits for it."""
        self.until_asked()
        self.tell(f"The clock moves on: {what}")
        self.house.clock.advance(seconds)


def _deploy(people: Teller) -> None:
    people.until_kept()
    people.skip(2 * 3600 + 30, "two hours without trouble")
    people.wait("The old fleet has ended")


def _rollback(people: Teller) -> None:
    people.until_kept()
    people.skip(40 * 60, "forty minutes later somebody sees a problem")
    people.say(LEAD, f"/deploy rollback cameras {ENVIRONMENT}")
    people.ask_and_confirm("May traffic go back to the old fleet?")
    people.wait("Traffic is back on the old fleet", seconds=120)


def _reject(people: Teller) -> None:
    people.say(DEPLOYER, people.deploy_command)
    people.wait_for_question("May this deployment start?")
    people.say(DEPLOYER, f"/deploy status cameras {ENVIRONMENT}")
    people.reject("The devices are busy.")
    people.wait("rejected")


def _expire(people: Teller) -> None:
    people.say(DEPLOYER, people.deploy_command)
    people.wait_for_question("May this deployment start?")
    people.skip(330, "five minutes pass and nobody answers")
    people.wait(": expired")


def _broken_build(people: Teller) -> None:
    people.start()
    people.wait("preparing the new fleet")
    people.tell("The build that the deployment waits for fails")
    people.house.report_build(people.version, "failed")
    people.wait(": failed", seconds=120)


def _give_up(people: Teller) -> None:
    people.wait("The new fleet is kept", seconds=170)
    people.click(DEPLOYER, "Give up")
    people.wait(": failed", seconds=120)


def _failing(people: Teller) -> None:
    people.start()
    _give_up(people)


def _retry(people: Teller) -> None:
    people.house.lose_package(people.version)
    people.start()
    people.tell("The package is not in its bucket any more: no host can install it ...")
    people.wait("The new fleet is kept", seconds=170)
    people.tell("Somebody puts the package back")
    people.house.upload_package(people.version)
    people.click(DEPLOYER, "Retry")
    people.wait("The new fleet is ready", seconds=150)
    people.finish()
    people.skip(2 * 3600 + 30, "two hours without trouble")
    people.wait("The old fleet has ended")


def _unhealthy(people: Teller) -> None:
    people.start()
    people.wait("hosts are not healthy yet", seconds=150)
    people.tell("The clock runs faster while the load balancer waits for health that never comes")
    people.house.clock.set_rate(60)
    try:
        people.wait("The new fleet is kept", seconds=120)
    finally:
        people.house.clock.set_rate(DEFAULT_RATE)
    _give_up(people)


def _release(people: Teller) -> None:
    site = people.house.website
    first = publish(people, "1")
    first.say(DEPLOYER, f"/deploy web to {ENVIRONMENT}")
    first.ask_and_confirm("May this release be enabled?")
    first.wait(LIVE)
    site.wait_until_shown(ENVIRONMENT)
    people.tell("People begin to read the site, near both of its edges, and leave pages open")
    readers = site.read(ENVIRONMENT)
    second = publish(people, "2")
    second.click(DEPLOYER, f"Enable in {ENVIRONMENT}")
    second.ask_and_confirm("May this release be enabled?")
    second.wait("stays ready to go back to until")
    readers.wait(pages=50)
    people.skip(40 * 60, "forty minutes later somebody sees a problem")
    second.say(LEAD, f"/deploy rollback web {ENVIRONMENT}")
    second.ask_and_confirm("May the earlier release be enabled again?")
    second.wait("is live again")
    readers.wait(pages=50)
    third = publish(people, "3")
    third.click(DEPLOYER, f"Enable in {ENVIRONMENT}")
    third.ask_and_confirm("May this release be enabled?")
    third.wait("stays ready to go back to until")
    people.skip(2 * 3600 + 30, "two hours without trouble")
    third.wait(": done")
    readers.wait(pages=50)


def _together(people: Teller) -> None:
    """A server and a frontend that needs it: one command, one confirmation of both, and one rollback."""
    site = people.house.website
    before = publish(people, "4")
    before.say(DEPLOYER, f"/deploy web to {ENVIRONMENT}")
    before.ask_and_confirm("May this release be enabled?")
    before.wait(LIVE)
    site.wait_until_shown(ENVIRONMENT)
    people.tell("People read the site, near both of its edges, and leave pages open")
    readers = site.read(ENVIRONMENT)
    pages = publish(people, "5")
    people.say(DEPLOYER, f"/deploy cameras@{people.version}+web@{pages.version} to {ENVIRONMENT}")
    people.ask_and_confirm("May this deployment start?")
    people.tell("The new fleet is launched, configured, installed and tested ...")
    people.wait("The new fleet is ready", seconds=150)
    people.finish()
    pages.wait("stays ready to go back to until", seconds=90)
    readers.wait(pages=50)
    people.skip(40 * 60, "forty minutes later somebody sees a problem")
    people.say(LEAD, f"/deploy rollback cameras {ENVIRONMENT}")
    people.ask_and_confirm("May traffic go back to the old fleet?")
    pages.wait(": rolled back")
    people.wait("Traffic is back on the old fleet", seconds=120)
    readers.wait(pages=50)


def publish(people: Teller, version: str) -> Teller:
    """CI builds and pushes the frontend; who enables it waits until chat has said so."""
    people.tell(f"CI builds version {version} of the frontend and pushes it")
    tag = people.house.push(version)
    people.chat.wait_for(lambda message: f"Release {tag} of web" in plain(shown(message)))
    return replace(people, version=tag, service="web")


def plain(text: str) -> str:
    """Without what marks it up."""
    return text.replace("*", "").replace("`", "")


STORIES: dict[str, Story] = {
    "deploy": Story(_deploy, "succeeded"),
    "rollback": Story(_rollback, "rolled_back"),
    "reject": Story(_reject, "rejected"),
    "expire": Story(_expire, "expired"),
    "broken-build": Story(_broken_build, "failed", build="running"),
    "failing-tests": Story(_failing, "failed", "failing-tests"),
    "retry": Story(_retry, "succeeded"),
    "unhealthy": Story(_unhealthy, "failed", "unhealthy"),
    "together": Story(_together, "rolled_back"),
    "release": Story(_release, "succeeded", machine="ReleaseMachine"),
}
IN_PLACE = "in-place"
"""The team's old way, told without the product; see sandbox/estate/inplace.py."""
