"""Chat follows the table: one message for each deployment, updated in place, its questions and output in the thread."""

from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import Deployment, State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.history import History
from chalicelib.usecases.announce import Announcer
from tests.builders import APPROVER, DEPLOYER, NOW, build, deployment, question, raw_config
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.lines import FakeLines, FakeWakes
from tests.fakes.store import FakeStore

REF = deployment().ref


class Channel:
    """An announcer over fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store, self.chat = FakeStore(raw_config()), FakeChat(self.clock)
        self.lines, self.wakes = FakeLines(), FakeWakes(self.clock)
        self.announcer = Announcer(self.store, self.chat, self.clock, self.lines, self.wakes)

    def wait(self) -> None:
        """Let time pass until nobody is to be woken any more."""
        while self.wakes.due:
            at, line = min(self.wakes.due)
            self.wakes.due.remove((at, line))
            self.clock.advance(max(0.0, at - self.clock.now()))
            self.announcer.wake([line])

    def show(self, state: State = State.PREPARING, **changes: object) -> Deployment:
        """Store a deployment in a state and announce it."""
        made = replace(deployment(state), **changes)  # type: ignore[arg-type]
        self.store.put(made)
        self.announcer.deployments([made.ref])
        return made

    def texts(self) -> list[str]:
        """The plain text of every message, oldest first."""
        return [each.message.summary for each in self.chat.shown.values()]


def test_a_deployment_has_one_message_that_is_updated_in_place() -> None:
    """However often its state changes."""
    channel = Channel()
    for state in (State.PREPARING, State.TESTING, State.READY):
        channel.show(state)
    shown, notice = channel.chat.shown.values()
    assert (shown.channel, shown.thread, shown.updates) == ("C0DEPLOYS", "", 2)
    assert notice.thread == min(channel.chat.shown)
    assert "ready to finish" in shown.message.title


@pytest.mark.parametrize(
    ("state", "switched_at", "says"),
    [
        (State.READY, 0, "{person:T0TEST/U0DEPLOYER} cameras@142 is ready"),
        (State.ASKING_RETRY, 0, "{person:T0TEST/U0DEPLOYER} A step of cameras@142 failed"),
        (State.FAILED, 0, "{person:T0TEST/U0DEPLOYER} cameras@142 failed"),
        (State.FAILED, NOW, "{team} cameras@142 failed in production after the switch"),
    ],
)
def test_who_has_to_act_is_told_by_a_reply(state: State, switched_at: float, says: str) -> None:
    """Nobody is notified of an edited message. It is said once, and has no buttons that would have to go again; what
    calls everybody is seen in the channel, too."""
    channel = Channel()
    channel.show(switched_at=switched_at)
    for _ in range(2):
        channel.show(state, switched_at=switched_at)
    (notice,) = (each for each in channel.chat.shown.values() if each.thread)
    assert notice.message.summary.startswith(says)
    assert notice.message.actions == ()
    assert notice.broadcast is says.startswith("{team}")


def test_what_chat_shows_already_is_not_sent_again() -> None:
    """The stream may bring a change many times."""
    channel = Channel()
    channel.show()
    channel.chat.calls.clear()
    channel.show()
    channel.announcer.deployments([REF, REF])
    assert channel.chat.calls == []


def test_changes_that_come_together_are_one_message() -> None:
    """A batch names a deployment once for each record of it."""
    channel = Channel()
    channel.store.put(deployment(State.PREPARING))
    channel.announcer.deployments([REF, REF, REF])
    assert len(channel.chat.calls) == 1


def test_what_is_not_there_is_not_announced() -> None:
    """A deployment that is gone, or one without a channel."""
    channel = Channel()
    channel.announcer.deployments([replace(REF, deployment="cameras-production-9")])
    channel.announcer.builds([("cameras", "999")])
    channel.show(channel="")
    assert channel.chat.calls == []


def test_a_chat_that_is_down_is_tried_again() -> None:
    """Nothing fails and nobody waits for it; once chat is back, the message is posted, once."""
    channel = Channel()
    channel.chat.down = True
    channel.show()
    assert [each.timestamp for each in channel.store.table.posts.values()] == [""]
    channel.chat.down = False
    channel.wait()
    channel.show()
    assert len(channel.chat.shown) == 1


@pytest.mark.parametrize(
    ("port", "method", "skip", "after"),
    [
        ("chat", "post", 0, False),
        ("chat", "post", 0, True),
        ("chat", "post", 1, False),
        ("chat", "post", 1, True),
        ("store", "save_post", 0, False),
        ("store", "save_post", 0, True),
        ("store", "save_post", 1, False),
        ("store", "save_post", 1, True),
        ("store", "save_post", 2, True),
        ("store", "save_post", 3, False),
    ],
)
def test_a_message_is_posted_once_whatever_dies(port: str, method: str, skip: int, *, after: bool) -> None:
    """Around Slack's answer and around each write that remembers: the next try adopts what is there (I6, I11)."""
    channel = Channel()
    channel.store.put(question())
    faulty = channel.chat if port == "chat" else channel.store
    faulty.fail(method, skip=skip, after=after)
    with suppress(Unavailable):
        channel.show(State.ASKING_START)
    channel.store.put(question().answered(Answer.CONFIRM, APPROVER, NOW + 5))
    channel.show(State.PREPARING)
    channel.wait()
    main, asked = channel.chat.shown.values()
    assert [main.thread, asked.thread] == ["", next(iter(channel.chat.shown))]
    for shown in (main, asked):
        assert not {each.verb for each in shown.message.actions} & {"confirm", "reject"}
    posts = channel.store.table.posts.values()
    assert {each.timestamp for each in posts} == set(channel.chat.shown)


def test_a_key_can_not_be_guessed() -> None:
    """Another app in the channel could put a known key into a message of its own."""
    keys = set()
    for _ in range(3):
        channel = Channel()
        channel.show()
        keys |= {each.key for each in channel.chat.shown.values()}
    assert {len(key) for key in keys} == {16}
    assert len(keys) == 3


def test_an_update_that_failed_is_made_up_for() -> None:
    """What was shown is remembered only after chat took it."""
    channel = Channel()
    channel.show(State.TESTING)
    channel.chat.down = True
    channel.show(State.READY)
    channel.chat.down = False
    channel.wait()
    assert "ready to finish" in channel.texts()[0]


def test_a_message_whose_update_was_not_answered_is_not_taken_for_the_one_before() -> None:
    """Chat showed the update, its answer was lost, and the record says again what it said before."""
    channel = Channel()
    channel.show(State.READY)
    channel.chat.fail("update", after=True)
    channel.show(State.ASKING_FINISH)
    channel.show(State.READY)
    channel.wait()
    assert channel.texts()[0] == "cameras@142 to production: ready to finish"


def test_a_channel_that_is_gone_holds_up_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    """What chat refuses for good is logged, and the next deployment is shown."""
    channel = Channel()
    channel.chat.gone = {"C0GONE"}
    lost = deployment(channel="C0GONE")
    shown = deployment(id="cameras-production-2")
    channel.store.put(lost, shown)
    channel.announcer.deployments([lost.ref, shown.ref])
    assert [each.channel for each in channel.chat.shown.values()] == ["C0DEPLOYS"]
    printed = capsys.readouterr().err
    assert "channel_not_found" in printed
    assert f'"deployment": "{lost.id}"' in printed


def test_a_question_is_asked_in_the_thread_and_seen_in_the_channel() -> None:
    """People who do not follow the thread see it as well."""
    channel = Channel()
    channel.store.put(question())
    channel.show(State.ASKING_START)
    main, asked = channel.chat.shown.items()
    assert (asked[1].thread, asked[1].broadcast) == (main[0], True)
    assert [each.verb for each in asked[1].message.actions] == ["confirm", "reject"]


@pytest.mark.parametrize("answer", [Answer.CONFIRM, Answer.REJECT, Answer.CANCEL])
def test_a_decided_question_loses_its_buttons_and_says_who_decided(answer: Answer) -> None:
    """In the thread and in the message of the deployment: every copy (invariant I6)."""
    channel = Channel()
    channel.store.put(question())
    channel.show(State.ASKING_START)
    channel.store.put(question().answered(answer, APPROVER, NOW + 5))
    channel.announcer.deployments([REF])
    for shown in channel.chat.shown.values():
        assert not {each.verb for each in shown.message.actions} & {"confirm", "reject"}
    asked = list(channel.chat.shown.values())[1].message
    assert f"{{person:{APPROVER}}}" in " ".join(asked.lines)


def test_an_expired_question_loses_its_buttons() -> None:
    """Past its deadline, also before the machine has written that it expired."""
    channel = Channel()
    channel.store.put(question())
    channel.show(State.ASKING_START)
    channel.clock.advance(301)
    channel.announcer.deployments([REF])
    assert all(
        not {"confirm"} & {each.verb for each in shown.message.actions}
        for shown in channel.chat.shown.values()
    )
    assert "expired" in channel.texts()[1]


def test_a_question_that_was_decided_before_chat_came_back_is_posted_without_buttons() -> None:
    """Chat was down while it was open; nobody is asked any more."""
    channel = Channel()
    channel.store.put(question().answered(Answer.CONFIRM, APPROVER, NOW))
    channel.show(State.PREPARING)
    assert all(
        "confirm" not in {each.verb for each in shown.message.actions}
        for shown in channel.chat.shown.values()
    )
    assert not any(each.broadcast for each in channel.chat.shown.values())


def test_what_a_host_printed_stands_in_the_thread() -> None:
    """Once, beside the reason."""
    channel = Channel()
    channel.show(State.DISCARDING, output="Traceback ...", detail="Install failed on 1 of 3 hosts.")
    channel.announcer.deployments([REF])
    main, output = channel.chat.shown.items()
    assert output[1].thread == main[0]
    assert output[1].message.output == "Traceback ..."


def test_a_build_is_announced_with_a_button_for_each_environment() -> None:
    """In the team's channel; its end updates the message of its start."""
    channel = Channel()
    channel.store.put(build(status=BuildStatus.RUNNING))
    channel.announcer.builds([("cameras", "142")])
    channel.store.put(build())
    channel.announcer.builds([("cameras", "142"), ("cameras", "142")])
    (shown,) = channel.chat.shown.values()
    assert (shown.channel, shown.updates) == ("C0DEPLOYS", 1)
    assert [each.value for each in shown.message.actions] == [
        "cameras@142 to production",
        "cameras@142 to staging",
    ]


def test_no_token_is_ever_shown() -> None:
    """Messages are made from records that hold task tokens (invariant I14)."""
    channel = Channel()
    channel.store.put(question(token="a-very-secret-token"))
    channel.show(State.ASKING_START)
    assert "a-very-secret-token" not in repr(channel.chat.shown)


def test_a_deployment_that_ended_shows_how_far_history_had_got() -> None:
    """Not before, and its own last line also when others have begun since: chat is a place outside the table."""
    channel = Channel()
    mine = History("cameras", "production", REF.deployment, NOW, DEPLOYER, "succeed")
    channel.store.commit(replace(mine, event="begin"), mine)
    channel.store.commit(replace(mine, deployment="cameras-production-2"))
    channel.show(State.RETIRING)
    ((shown),) = channel.chat.shown.values()
    assert "history #" not in " ".join(shown.message.notes)
    channel.show(State.SUCCEEDED)
    ((shown),) = channel.chat.shown.values()
    last = channel.store.table.history[1]
    assert shown.message.notes[0].endswith(f"history #2 {last.digest[:16]}")
