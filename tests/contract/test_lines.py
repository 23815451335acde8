"""The port Lines, on its fake and on DynamoDB as the sandbox's platform has it; and the port Wakes on its SQS."""

import json
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb_lines import DynamoLines
from chalicelib.adapters.sqs import SqsWakes, line_of
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_ports import Lines, Waiting
from tests.builders import NOW, deployment
from tests.contract import tables
from tests.fakes.lines import FakeLines

REF = deployment().ref
LINE = "post#C0DEPLOYS"
MAIN = Waiting(REF, "main", 2, NOW)
QUESTION = Waiting(REF, "question-K7Q2F", 0, NOW + 1)


@pytest.fixture(params=["fake", "platform"])
def reopened(request: pytest.FixtureRequest) -> Callable[[], Lines]:
    """Fresh lines, and how to open them: the client of the adapter serves one thread at a time."""
    if request.param == "fake":
        fake = FakeLines()
        return lambda: fake
    endpoint = request.getfixturevalue("platform").ec2.meta.endpoint_url
    table = tables.new_table(endpoint)
    return lambda: DynamoLines(JsonClient("dynamodb", tables.environment(endpoint)), table)


@pytest.fixture
def lines(reopened: Callable[[], Lines]) -> Lines:
    """Fresh lines."""
    return reopened()


def waiting(lines: Lines) -> dict[str, Waiting]:
    """Who waits, by key."""
    return {each.key: each for each in lines.look(LINE).waiting}


def test_a_line_that_nobody_entered_is_empty(lines: Lines) -> None:
    """And its next turn is free."""
    line = lines.look(LINE)
    assert (line.full, line.wake, line.waiting) == (0.0, 0.0, ())


def test_who_enters_again_keeps_the_place_under_a_new_mark(lines: Lines) -> None:
    """One place for each message; the urgency is the latest."""
    lines.enter(LINE, MAIN)
    lines.enter(LINE, QUESTION)
    first = waiting(lines)
    lines.enter(LINE, Waiting(REF, "main", 0, NOW + 30))
    again = waiting(lines)
    assert set(again) == {"main", "question-K7Q2F"}
    assert (again["main"].ref, again["main"].since, again["main"].urgency) == (REF, NOW, 0)
    assert again["main"].mark != first["main"].mark
    assert lines.look("update").waiting == ()


def test_a_turn_is_taken_once(lines: Lines) -> None:
    """Whoever saw the line as it was before comes too late, for the turn and for the message."""
    lines.enter(LINE, MAIN)
    lines.enter(LINE, QUESTION)
    seen = lines.look(LINE)
    main, question = (waiting(lines)[each.key] for each in (MAIN, QUESTION))
    assert lines.take(LINE, seen, question, full=NOW + 1, until=NOW + 60)
    assert not lines.take(LINE, seen, main, full=NOW + 1, until=NOW + 60)
    now = lines.look(LINE)
    assert now.full == NOW + 1
    assert not lines.take(LINE, now, question, full=NOW + 2, until=NOW + 61)
    assert lines.take(LINE, now, main, full=NOW + 2, until=NOW + 61)
    assert [waiting(lines)[each.key].claimed for each in (QUESTION, MAIN)] == [NOW + 60, NOW + 61]


def test_a_message_that_entered_anew_is_not_taken_as_it_was(lines: Lines) -> None:
    """Nor is its turn spent."""
    lines.enter(LINE, MAIN)
    seen, before = lines.look(LINE), waiting(lines)["main"]
    lines.enter(LINE, MAIN)
    assert not lines.take(LINE, seen, before, full=NOW + 1, until=NOW + 60)
    assert lines.look(LINE).full == 0.0


def test_a_claim_outlives_another_entry_and_lapses(lines: Lines) -> None:
    """Two never work on one message; whoever died is followed by the next."""
    lines.enter(LINE, MAIN)
    assert lines.take(LINE, lines.look(LINE), waiting(lines)["main"], full=NOW + 1, until=NOW + 60)
    lines.enter(LINE, MAIN)
    claimed = waiting(lines)["main"]
    assert claimed.claimed == NOW + 60
    assert lines.take(LINE, lines.look(LINE), claimed, full=NOW + 61, until=NOW + 120)


def test_who_leaves_is_gone_unless_the_record_changed_meanwhile(lines: Lines) -> None:
    """Then the message waits on, and is free to be taken at once."""
    lines.enter(LINE, MAIN)
    taken = waiting(lines)["main"]
    assert lines.take(LINE, lines.look(LINE), taken, full=NOW + 1, until=NOW + 60)
    lines.enter(LINE, MAIN)
    lines.leave(LINE, taken)
    assert waiting(lines)["main"].claimed == 0.0
    lines.leave(LINE, waiting(lines)["main"])
    lines.leave(LINE, MAIN)
    assert waiting(lines) == {}


def test_who_is_put_back_is_left_alone_for_a_while(lines: Lines) -> None:
    """In the same place; one that has left in the meantime does not come back."""
    lines.enter(LINE, MAIN)
    lines.back(LINE, waiting(lines)["main"], until=NOW + 30)
    assert (waiting(lines)["main"].since, waiting(lines)["main"].claimed) == (NOW, NOW + 30)
    lines.back(LINE, QUESTION, until=NOW + 30)
    assert set(waiting(lines)) == {"main"}


def test_a_line_is_held_for_the_longest_that_anybody_said(lines: Lines) -> None:
    """And it is known when somebody will look again."""
    for until in (NOW + 30, NOW + 10):
        lines.hold(LINE, until)
    lines.noted(LINE, NOW + 30)
    line = lines.look(LINE)
    assert (line.full, line.wake) == (NOW + 30, NOW + 30)


def test_of_many_at_once_one_gets_the_turn(reopened: Callable[[], Lines]) -> None:
    """Functions run beside each other."""
    mine = reopened()
    mine.enter(LINE, MAIN)
    seen = mine.look(LINE)
    got: list[bool] = []
    gate = threading.Barrier(8)

    def work() -> None:
        own = reopened()
        gate.wait()
        got.append(own.take(LINE, seen, seen.waiting[0], full=NOW + 1, until=NOW + 60))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


# --- wakes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqs(platform: Any) -> Any:
    """A client of the platform's SQS."""
    return boto3.client(
        "sqs",
        endpoint_url=platform.ec2.meta.endpoint_url,
        region_name=tables.CREDENTIALS["AWS_REGION"],
        aws_access_key_id=tables.CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=tables.CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def test_a_wake_is_a_message_that_comes_later(sqs: Any) -> None:
    """It names the line, and SQS keeps it back."""
    queue = sqs.create_queue(QueueName="later")["QueueUrl"]
    client = JsonClient("sqs", tables.environment(sqs.meta.endpoint_url))
    SqsWakes(client, queue).wake(LINE, 900)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert [counts[name] for name in names] == ["0", "1"]
    assert line_of({"body": json.dumps({"line": LINE})}) == LINE


def test_a_queue_that_is_gone_is_unavailable(sqs: Any) -> None:
    """The stream brings the change again."""
    client = JsonClient("sqs", tables.environment(sqs.meta.endpoint_url))
    with pytest.raises(Unavailable):
        SqsWakes(client, f"{sqs.meta.endpoint_url}/123456789012/gone").wake(LINE, 1)
