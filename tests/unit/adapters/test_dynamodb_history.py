"""History in DynamoDB: races over the head, lost replies, and items that somebody changed by hand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.adapters.dynamodb_history import read_head, read_line
from chalicelib.adapters.dynamodb_items import key
from chalicelib.adapters.dynamodb_values import Item, encode, to_item
from chalicelib.domain.errors import Conflict, Duplicate
from chalicelib.domain.history import Head, History, Wrong, verify
from chalicelib.usecases.ports import Save, Seen
from tests.builders import DEPLOYER, NOW, deployment
from tests.contract.tables import LosingClient, environment, new_table

WHERE = ("cameras", "production")
LINE = History(*WHERE, "cameras-production-1", NOW, DEPLOYER, "accepted")
STORED = LINE.after(Head())


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """DynamoDB, over HTTP on loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Overtaken(JsonClient):
    """Before each of the next `times` transactions is sent, somebody else's is written."""

    times = 0
    overtake: Callable[[], None]

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Too late."""
        if operation == "TransactWriteItems" and self.times:
            self.times -= 1
            self.overtake()
        return super().call(operation, request)


def stored(store: DynamoStore) -> list[str]:
    """What happened, oldest first, after a look that the chain is whole."""
    lines = store.history(*WHERE, limit=None)[::-1]
    assert verify(lines, store.history_head(*WHERE)) == []
    return [line.event for line in lines]


@pytest.fixture
def overtaken(endpoint: str) -> tuple[Overtaken, DynamoStore]:
    """A client whose transactions come late, and the store over it."""
    table = new_table(endpoint)
    client = Overtaken("dynamodb", environment(endpoint))
    other = DynamoStore(JsonClient("dynamodb", environment(endpoint)), table)
    client.overtake = lambda: other.commit(replace(LINE, event="other"))
    return client, DynamoStore(client, table)


# --- races --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 3])
def test_who_lost_the_head_alone_writes_behind_it(
    overtaken: tuple[Overtaken, DynamoStore], times: int
) -> None:
    """The caller hears nothing of it; the first line of all is a race like any other."""
    client, store = overtaken
    client.times = times
    store.commit(LINE, Save(deployment()))
    assert stored(store) == ["other"] * times + ["accepted"]
    assert store.deployment(deployment().ref) is not None


def test_who_loses_the_head_again_and_again_is_told(overtaken: tuple[Overtaken, DynamoStore]) -> None:
    """A bounded number of times, and then it is a lost race: nothing was written."""
    client, store = overtaken
    client.times = 99
    with pytest.raises(Conflict):
        store.commit(LINE, Save(deployment()))
    assert set(stored(store)) == {"other"}
    assert store.deployment(deployment().ref) is None


def test_who_lost_more_than_the_head_is_told_at_once(overtaken: tuple[Overtaken, DynamoStore]) -> None:
    """What it decided rests on a record that is another now."""
    client, store = overtaken
    client.times = 1
    with pytest.raises(Conflict):
        store.commit(LINE, Save(deployment(revision=4)))
    assert stored(store) == ["other"]
    store.commit(Seen("click", NOW))
    client.times = 1
    with pytest.raises(Duplicate):
        store.commit(LINE, Seen("click", NOW))
    assert stored(store) == ["other", "other"]


def test_a_place_that_was_emptied_by_hand_is_not_taken(
    overtaken: tuple[Overtaken, DynamoStore], endpoint: str
) -> None:
    """A line that was written and removed while another was on its way: the head remembers it."""
    client, store = overtaken
    write, table = client.overtake, store._table

    def write_and_remove() -> None:
        write()
        at = key("ENV#cameras#production", "HISTORY#00000001")
        JsonClient("dynamodb", environment(endpoint)).call("DeleteItem", {"TableName": table, "Key": at})

    client.overtake, client.times = write_and_remove, 1
    store.commit(LINE)
    (found,) = verify(store.history(*WHERE)[::-1], store.history_head(*WHERE))
    assert (found.number, found.wrong) == (1, Wrong.REMOVED)


class Refusing(JsonClient):
    """No history yet; every transaction is canceled with these codes."""

    def __init__(self, *codes: str) -> None:
        super().__init__("dynamodb", {})
        self._reasons = [{"Code": code} for code in codes]
        self.transactions = 0

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse."""
        if operation != "TransactWriteItems":
            return {}
        self.transactions += 1
        assert len(request["TransactItems"]) == len(self._reasons)
        raise AwsError("TransactionCanceledException", "", {"CancellationReasons": self._reasons})


@pytest.mark.parametrize(
    ("codes", "tries"),
    [
        (["None", "None", "TransactionConflict"], 6),
        (["None", "None", "ConditionalCheckFailed"], 6),
        (["None", "ConditionalCheckFailed", "None"], 6),
        (["TransactionConflict", "None", "TransactionConflict"], 1),
        (["ConditionalCheckFailed", "None", "TransactionConflict"], 1),
        (["TransactionConflict", "None", "ConditionalCheckFailed"], 1),
    ],
)
def test_only_a_race_over_the_head_alone_is_tried_again(codes: list[str], tries: int) -> None:
    """Two transactions at the same moment are a race too (TransactWriteItems, "TransactionConflict")."""
    client = Refusing(*codes)
    with pytest.raises(Conflict):
        DynamoStore(client, "table").commit(Save(deployment()), LINE)
    assert client.transactions == tries


def test_a_reply_that_was_lost_is_one_line(endpoint: str) -> None:
    """The second try finds the token of the first in the very lines that it wanted to write."""
    store = DynamoStore(LosingClient("dynamodb", environment(endpoint)), new_table(endpoint))
    store.commit(LINE, replace(LINE, event="plan"))
    store.commit(replace(LINE, event="begin"))
    assert stored(store) == ["accepted", "plan", "begin"]


def test_each_write_leaves_the_head_in_the_log(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The log is a place that who can write the table need not be able to write."""
    store = DynamoStore(JsonClient("dynamodb", environment(endpoint)), new_table(endpoint))
    store.commit(LINE, replace(LINE, event="plan"))
    head = store.history_head(*WHERE)
    (noted,) = [line for line in capsys.readouterr().err.splitlines() if '"message": "history"' in line]
    for said in ('"service": "cameras"', '"environment": "production"', '"number": 2', head.digest):
        assert said in noted


# --- what was changed by hand -------------------------------------------------------------------------------------


def test_a_head_that_was_removed_does_not_stop_deployments(endpoint: str) -> None:
    """The chain goes on after its newest line."""
    table = new_table(endpoint)
    client = JsonClient("dynamodb", environment(endpoint))
    store = DynamoStore(client, table)
    store.commit(LINE, replace(LINE, event="plan"))
    client.call("DeleteItem", {"TableName": table, "Key": key("ENV#cameras#production", "HISTORYHEAD")})
    (found,) = verify(store.history(*WHERE)[::-1], store.history_head(*WHERE))
    assert found.wrong is Wrong.HEAD_GONE
    store.commit(replace(LINE, event="begin"))
    assert stored(store) == ["accepted", "plan", "begin"]


def test_a_head_that_was_set_back_overwrites_nothing(endpoint: str) -> None:
    """Its next line has a place already: nobody loses a record by it, and the audit says what is wrong."""
    table = new_table(endpoint)
    client = JsonClient("dynamodb", environment(endpoint))
    store = DynamoStore(client, table)
    store.commit(LINE, replace(LINE, event="plan"))
    back = key("ENV#cameras#production", "HISTORYHEAD") | to_item_of(STORED.head)
    client.call("PutItem", {"TableName": table, "Item": back})
    with pytest.raises(Conflict):
        store.commit(replace(LINE, event="begin"))
    (found,) = verify(store.history(*WHERE)[::-1], store.history_head(*WHERE))
    assert (found.number, found.wrong) == (2, Wrong.ADDED)


def to_item_of(head: Head) -> Item:
    """A head as it is stored."""
    return {"revision": encode(head.number), "digest": encode(head.digest)}


CHANGES: list[dict[str, Any]] = [
    {"at": {"S": "yesterday"}},
    {"at": {"NULL": True}},
    {"number": {"S": "1"}},
    {"number": {"N": "1.5"}},
    {"number": {"BOOL": True}},
    {"actor": {"S": "T0TEST/U0DEPLOYER"}},
    {"actor": {"M": {}}},
    {"actor": {"M": {"workspace": {"N": "1"}, "user": {"S": "U0"}}}},
    {"event": {"L": []}},
    {"detail": {"N": "7"}},
    {"digest": {"M": {}}},
    {"service": {"NULL": True}},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_an_item_that_is_no_line_any_more_is_named(change: dict[str, Any]) -> None:
    """Whatever somebody wrote into it: the audit says its number and does not break."""
    item = to_item(STORED) | key("ENV#cameras#production", "HISTORY#00000001")
    assert read_line(item) == STORED
    (found,) = verify([read_line(item | change)], STORED.head)
    assert (found.number, found.wrong) == (1, Wrong.CHANGED)


@pytest.mark.parametrize("field", ["service", "at", "actor", "event", "deployment"])
def test_an_item_that_lost_a_field_is_named(field: str) -> None:
    """As above."""
    item = to_item(STORED) | key("ENV#cameras#production", "HISTORY#00000001")
    del item[field]
    (found,) = verify([read_line(item)], STORED.head)
    assert (found.number, found.wrong) == (1, Wrong.CHANGED)


@pytest.mark.parametrize(
    "item", [{}, {"revision": {"S": "2"}}, {"revision": {"N": "2"}, "digest": {"NULL": True}}]
)
def test_a_head_that_can_not_be_read_is_none(item: Item) -> None:
    """The audit says that it is gone."""
    assert read_head(item) == Head()
