"""What chat shows of findings: once, in the thread of their deployment, with buttons until they are resolved."""

from dataclasses import replace

import pytest

from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import State
from chalicelib.domain.findings import Finding, FindingKey, Trouble
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.words.servers import SERVERS
from tests.builders import NOW, deployment, raw_config
from tests.fakes.chat import FakeChat, Shown
from tests.fakes.clock import FakeClock
from tests.fakes.lines import FakeLines, FakeWakes
from tests.fakes.store import FakeStore


def finding(trouble: Trouble = Trouble.STUCK, **changes: str | float) -> Finding:
    """Something that was found about a deployment."""
    made = Finding("cameras", "production", trouble, deployment().id, "i-7 is stopped", NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


class Channel:
    """An announcer over fakes, with a deployment that has its message already."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.store, self.chat = FakeStore(raw_config()), FakeChat(clock)
        self.announcer = Announcer(self.store, self.chat, clock, FakeLines(), FakeWakes(clock))
        self.store.put(deployment(State.STUCK))
        self.announcer.deployments([deployment().ref])

    def show(self, found: Finding) -> None:
        """Store a finding and announce it."""
        self.store.put(found)
        self.announcer.findings([FindingKey(found.service, found.environment, found.key)])

    def shown(self) -> list[tuple[str, Shown]]:
        """Every message after the deployment's own."""
        return list(self.chat.shown.items())[1:]


@pytest.mark.parametrize(
    ("trouble", "verbs"),
    [(Trouble.STUCK, ["retry", "cancel"]), (Trouble.ORPHANS, []), (Trouble.STANDBY_ILL, ["keep"])],
)
def test_a_finding_is_posted_in_its_deployments_thread_and_into_the_channel(
    trouble: Trouble, verbs: list[str]
) -> None:
    """A message that is only updated in place would be noticed by nobody; also where it has no button."""
    channel = Channel()
    channel.show(finding(trouble))
    ((_, shown),) = channel.shown()
    assert (shown.channel, shown.thread) == ("C0DEPLOYS", next(iter(channel.chat.shown)))
    assert shown.broadcast
    assert [each.verb for each in shown.message.actions] == verbs


def test_a_finding_that_is_over_says_so_in_place_and_has_no_buttons() -> None:
    """Every copy of what is decided loses its buttons (docs/safety.md, I6, I11)."""
    channel = Channel()
    channel.show(finding())
    channel.show(finding(resolved_at=NOW + 120))
    ((_, shown),) = channel.shown()
    assert shown.updates == 1
    assert shown.message.actions == ()
    assert "is not stuck any more" in shown.message.summary


def test_what_is_found_again_is_a_new_message() -> None:
    """The old one stays as it ended."""
    channel = Channel()
    channel.show(finding())
    channel.show(finding(resolved_at=NOW + 120))
    channel.show(finding(found_at=NOW + 500))
    assert [bool(shown.message.actions) for _, shown in channel.shown()] == [False, True]


def test_the_same_finding_is_not_sent_again() -> None:
    """The stream may bring a change many times."""
    channel = Channel()
    channel.show(finding())
    channel.chat.calls.clear()
    channel.show(finding())
    assert channel.chat.calls == []


def test_a_finding_without_a_deployment_goes_to_the_environments_channel() -> None:
    """And so does one whose deployment has no message."""
    channel = Channel()
    channel.show(finding(Trouble.ORPHANS, deployment=""))
    channel.show(finding(deployment="cameras-production-9"))
    assert [(shown.channel, shown.thread) for _, shown in channel.shown()] == [("C0DEPLOYS", "")] * 2


def test_a_channel_that_is_gone_stops_nothing() -> None:
    """It is logged, as for every message."""
    channel = Channel()
    channel.chat.gone.add("C0DEPLOYS")
    channel.show(finding())
    assert channel.shown() == []


def test_an_environment_that_is_configured_no_more_stops_nothing() -> None:
    """There is no channel to tell."""
    channel = Channel()
    channel.show(finding(environment="gone"))
    assert channel.shown() == []


def everything(message: Message) -> str:
    """All that a person can read."""
    return " ".join([message.summary, message.title, *message.lines, *message.notes])


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_says_what_it_means_and_when_it_is_over(trouble: Trouble) -> None:
    """And its buttons are commands that exist."""
    found = finding_message(finding(trouble), SERVERS)
    assert "i-7 is stopped" in everything(found)
    assert "cameras" in everything(found)
    for each in found.actions:
        parse(f"{each.verb} {each.value}")
    over = finding_message(finding(trouble, resolved_at=NOW + 60), SERVERS)
    assert over.actions == ()
    assert "Resolved" in everything(over)


def test_a_detail_from_outside_is_no_markup() -> None:
    """It may quote what a host or AWS answered; the people in it stay people."""
    text = everything(
        finding_message(finding(detail="{person:T/U0A} {time:1} *bold* `code` {team}"), SERVERS)
    )
    assert "{person:T/U0A}" in text
    assert "{time:" not in text
    assert "*bold*" not in text
    assert text.count("{team}") == 1, "ours"
