"""DynamoDB's side of the Store: what it sends, lost replies, and what a refused transaction means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.adapters.dynamodb_items import MOST_OUTPUT, changed, release_sk
from chalicelib.adapters.dynamodb_values import encode, from_item, plain, to_item
from chalicelib.domain.approval import Answer
from chalicelib.domain.deployment import Deployment, Environment, Ref, Slot
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, PointsmanError, Unavailable
from chalicelib.domain.findings import Finding, FindingKey, Trouble
from chalicelib.domain.history import History
from chalicelib.domain.locks import Ask, TicketKey
from chalicelib.domain.metrics import Figures, Metrics
from chalicelib.domain.sharing import Shared
from chalicelib.usecases.ports import Hold, Record, Save, Seen
from tests.builders import APPROVER, DEPLOYER, NOW, build, deployment, question, raw_config
from tests.contract.tables import CountingClient, LosingClient, environment, new_table

REF = Ref("cameras", "production", "cameras-production-1")
HELD = Environment("cameras", "production", fence=1, counter=1, active=Slot(REF.deployment, 1, NOW))
LINE = History("cameras", "production", REF.deployment, NOW, DEPLOYER, "accepted")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """DynamoDB, over HTTP on loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


Opener = Callable[[type[JsonClient]], tuple[Any, DynamoStore]]


@pytest.fixture
def opened(endpoint: str) -> Iterator[Opener]:
    """Makes a client of a kind, with the store of a fresh table over it."""
    made: list[JsonClient] = []

    def open_with(kind: type[JsonClient]) -> tuple[Any, DynamoStore]:
        client = kind("dynamodb", environment(endpoint))
        made.append(client)
        return client, DynamoStore(client, new_table(endpoint))

    yield open_with
    for each in made:
        each.close()


class Canned(JsonClient):
    """Answers every transaction with one error; keeps what was asked."""

    def __init__(self, code: str, *reasons: dict[str, Any]) -> None:
        super().__init__("dynamodb", {})
        self._error = AwsError(code, "", {"CancellationReasons": reasons})
        self.requests: list[Mapping[str, Any]] = []

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse."""
        assert operation == "TransactWriteItems"
        self.requests.append(request)
        raise self._error


FAILED = {"Code": "ConditionalCheckFailed"}
FINE = {"Code": "None"}


# --- replies that are lost ----------------------------------------------------------------------------------------


def test_a_transaction_whose_reply_was_lost_is_written_once(opened: Opener) -> None:
    """The second try finds its own token in what it wrote: neither a duplicate nor a lost race."""
    _, store = opened(LosingClient)
    store.commit(
        Seen("click", NOW, result=REF.deployment), Save(HELD), Save(deployment()), Save(question()), LINE
    )
    held = store.environment("cameras", "production")
    store.commit(Save(held.released(REF.deployment)), Hold(REF, 1), Save(deployment(revision=1)))
    assert store.environment("cameras", "production").revision == 2
    assert len(store.history("cameras", "production")) == 1
    with pytest.raises(Duplicate):
        store.commit(Seen("click", NOW + 1))
    with pytest.raises(Conflict):
        store.commit(Save(deployment(revision=1)))


def test_a_publication_whose_reply_was_lost_is_one_version(opened: Opener) -> None:
    """Publishing again would make every later difference wrong."""
    _, store = opened(LosingClient)
    assert [store.publish(raw_config()), store.publish(raw_config())] == [1, 2]
    assert store.team().version == 2


def test_only_a_finding_that_is_over_is_cleaned_up() -> None:
    """After thirty days; one that is still so stays as long as it is so."""
    client = Canned("ThrottlingException")
    found = Finding("cameras", "production", Trouble.ORPHANS, "", "i-7", NOW)
    for each in (found, replace(found, revision=1, resolved_at=NOW + 60)):
        with pytest.raises(Unavailable):
            DynamoStore(client, "table").commit(Save(each))
    items = [request["TransactItems"][0]["Put"]["Item"] for request in client.requests]
    assert [item.get("ttl") for item in items] == [None, {"N": str(int(NOW) + 60 + 30 * 86_400)}]


def test_what_was_shown_to_the_team_is_cleaned_up() -> None:
    """It is of no use once nobody updates its message any more."""
    client = Canned("ThrottlingException")
    figures = Figures(30, NOW, Metrics(0, 0.0), Metrics(0, 0.0))
    with pytest.raises(Unavailable):
        DynamoStore(client, "table").commit(Save(Shared("", "", 1, DEPLOYER, figures)))
    item = client.requests[0]["TransactItems"][0]["Put"]["Item"]
    assert item["ttl"] == {"N": str(int(NOW) + 30 * 86_400)}


def test_that_the_holder_was_asked_is_cleaned_up() -> None:
    """Its five minutes are over soon, and its message is not updated any more."""
    client = Canned("ThrottlingException")
    with pytest.raises(Unavailable):
        DynamoStore(client, "table").commit(
            Save(Ask("cameras", "production", 7, DEPLOYER, DEPLOYER, "", NOW))
        )
    item = client.requests[0]["TransactItems"][0]["Put"]["Item"]
    assert item["ttl"] == {"N": str(8 * 300 + 30 * 86_400)}


def test_two_commits_have_two_tokens() -> None:
    """DynamoDB takes a token that comes again within ten minutes for the same request."""
    client = Canned("ThrottlingException")
    for _ in range(2):
        with pytest.raises(Unavailable):
            DynamoStore(client, "table").commit(Save(deployment()))
    assert len({request["ClientRequestToken"] for request in client.requests}) == 2


# --- what a refusal means -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "reasons", "expected"),
    [
        ("TransactionCanceledException", [FAILED, FAILED, FAILED], Duplicate),
        ("TransactionCanceledException", [FINE, FAILED, FAILED], LostLock),
        ("TransactionCanceledException", [FINE, FAILED, FINE], Conflict),
        ("TransactionCanceledException", [FINE, {"Code": "TransactionConflict"}, FINE], Conflict),
        ("TransactionCanceledException", [FINE, {"Code": "ThrottlingError"}, FINE], Unavailable),
        ("TransactionCanceledException", [], Unavailable),
        ("TransactionConflictException", [], Conflict),
        ("ProvisionedThroughputExceededException", [], Unavailable),
        ("AccessDeniedException", [], Unavailable),
    ],
)
def test_every_refusal_is_one_of_ours(
    code: str, reasons: list[dict[str, Any]], expected: type[PointsmanError]
) -> None:
    """Seen before, then lock lost, then lost race; what passes is tried again."""
    store = DynamoStore(Canned(code, *reasons), "table")
    with pytest.raises(PointsmanError) as raised:
        store.commit(Seen("click", NOW), Save(deployment()), Hold(REF, 1))
    assert type(raised.value) is expected


def test_a_hold_on_an_environment_that_is_saved_is_one_action() -> None:
    """DynamoDB refuses a transaction that touches an item twice."""
    client = Canned("TransactionCanceledException", FAILED)
    with pytest.raises(LostLock):
        DynamoStore(client, "table").commit(Hold(REF, 1), Save(replace(HELD, revision=4)))
    (action,) = client.requests[0]["TransactItems"]
    assert set(action["Put"]["ExpressionAttributeValues"]) == {":read", ":holder", ":fence"}


def test_who_still_holds_an_environment_only_lost_a_race(opened: Opener) -> None:
    """The item as it was tells a lost lock from a lost race."""
    _, store = opened(JsonClient)
    store.commit(Save(HELD))
    stale = store.environment("cameras", "production")
    store.commit(Save(replace(stale, live_version="141")))
    with pytest.raises(Conflict):
        store.commit(Hold(REF, 1), Save(stale.released(REF.deployment)))


# --- what it costs ------------------------------------------------------------------------------------------------


def test_requests_do_not_grow_with_what_is_stored(opened: Opener) -> None:
    """A status and a list of builds take as many requests after eight deployments as after one."""
    client, store = opened(CountingClient)
    store.commit(Save(HELD), Save(question()))
    for number in range(1, 9):
        store.commit(Save(deployment(id=f"cameras-production-{number}")), Save(build(version=f"{number}")))
    client.calls.clear()
    store.overview("cameras", "production", deployments=8)
    assert client.calls == ["GetItem", "Query", "Query"]
    client.calls.clear()
    assert len(store.builds("cameras", limit=5)) == 5
    assert client.calls == ["Query"]


def test_an_overview_never_misses_who_holds_the_environment(opened: Opener) -> None:
    """An old deployment that keeps its fleet is shown behind the newest, with what it asks."""
    _, store = opened(JsonClient)
    store.commit(Save(HELD), Save(question()))
    store.commit(Save(question(code="AAAAA", answer=Answer.CONFIRM, answered_by=APPROVER)))
    for number in range(1, 12):
        store.commit(Save(deployment(id=f"cameras-production-{number}")))
    found = store.overview("cameras", "production", deployments=2)
    assert [each.id.rpartition("-")[2] for each in found.deployments] == ["11", "10", "1"]
    assert [each.code for each in found.questions] == ["K7Q2F"]


# --- items --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [HELD, deployment(), question(), build()])
def test_a_record_with_more_and_with_less_than_expected_is_read(record: Record) -> None:
    """A later version adds fields and an earlier one has fewer: neither stops the other."""
    item = to_item(record) | {"new_in_a_later_version": {"S": "x"}}
    del item["revision"]
    assert from_item(type(record), item) == replace(record, revision=0)


def test_long_output_keeps_its_end() -> None:
    """An item has 400 KB at most, and errors stand at the end."""
    client = Canned("ThrottlingException")
    with pytest.raises(Unavailable):
        DynamoStore(client, "table").commit(Save(deployment(output="x" * 500_000 + "the error")))
    item = client.requests[0]["TransactItems"][0]["Put"]["Item"]
    found: Deployment = from_item(Deployment, item)
    assert len(found.output) == MOST_OUTPUT
    assert found.output.endswith("the error")


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "", "ü", [], {}, [1, [None]], {"a": {"b": [False]}}])
def test_plain_values_come_back(value: object) -> None:
    """A configuration is any JSON."""
    assert plain(encode(value)) == value


@pytest.mark.parametrize(
    ("pk", "sk", "about"),
    [
        (
            "ENV#cameras#production",
            "DEPLOYMENT#00000012",
            Ref("cameras", "production", "cameras-production-12"),
        ),
        (
            "ENV#cameras#production",
            "QUESTION#cameras-production-12#001790000000000#K7Q2F",
            Ref("cameras", "production", "cameras-production-12"),
        ),
        (
            "ENV#cameras#production",
            "FINDING#stuck-cameras-production-12",
            FindingKey("cameras", "production", "stuck-cameras-production-12"),
        ),
        ("ENV#cameras#production", "LOCK#lock-3", TicketKey("cameras", "production", "lock-3")),
        ("ENV#cameras#production", "PLACE#place-4", TicketKey("cameras", "production", "place-4")),
        ("ENV#cameras#production", "SHARE#share-5", TicketKey("cameras", "production", "share-5")),
        ("ENV##", "SHARE#share-5", TicketKey("", "", "share-5")),
        ("SERVICE#cameras", "BUILD#1.4.2+7", ("cameras", "1.4.2+7")),
        ("SERVICE#web", release_sk("web_2026-11-22_14-05"), ("web", "web_2026-11-22_14-05")),
        ("SERVICE#web", release_sk("web_2026-11-22_14-05-12"), ("web", "web_2026-11-22_14-05-12")),
        ("SERVICE#cameras", "RECENT#001790000000000#142", None),
        ("ENV#cameras#production", "STATE", None),
        ("ENV#cameras#production", "POST#cameras-production-12#main", None),
        ("ENV#cameras#production", "HISTORY#00000012", None),
        ("ENV#cameras#production", "HISTORYHEAD", None),
        ("CODE#K7Q2F", "CODE", None),
        ("SEEN#ci-jenkins-msg_1", "SEEN", None),
        ("CONFIG", "CURRENT", None),
    ],
)
def test_the_stream_says_what_chat_has_to_show_again(
    pk: str, sk: str, about: Ref | FindingKey | TicketKey | tuple[str, str] | None
) -> None:
    """Keys alone tell which deployment, finding or build changed; what chat itself writes never comes back to it."""
    assert changed({"pk": {"S": pk}, "sk": {"S": sk}}) == about
