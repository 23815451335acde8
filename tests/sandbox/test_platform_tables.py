"""Tables that are copied by place and queried by partition behave as DynamoDB's do."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform

NAME = "shelf"


@pytest.fixture(scope="module")
def table(platform: RunningPlatform) -> Any:
    """A client, and a table with a stream and two partitions."""
    client = platform.client("dynamodb")
    client.create_table(
        TableName=NAME,
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    for pk in ("a", "b"):
        for sk in ("2", "1", "3"):
            client.put_item(TableName=NAME, Item=item(pk, sk, deep={"M": {"list": {"L": [{"N": "1"}]}}}))
    return client


def item(pk: str, sk: str, **more: Any) -> dict[str, Any]:
    """An item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}, **more}


def put(content: dict[str, Any], condition: str = "attribute_not_exists(pk)") -> dict[str, Any]:
    """One action of a transaction."""
    return {"Put": {"TableName": NAME, "Item": content, "ConditionExpression": condition}}


def shelf(client: Any) -> list[dict[str, Any]]:
    """Everything in the table."""
    found: list[dict[str, Any]] = client.scan(TableName=NAME)["Items"]
    return found


def test_a_refused_transaction_leaves_every_item_as_it_was(table: Any) -> None:
    """TransactWriteItems is all or nothing: a new item and a replaced one are both taken back."""
    before = shelf(table)
    actions = [
        put(item("a", "9")),
        put(item("a", "1", other={"S": "x"}), "attribute_exists(pk)"),
        put(item("b", "1")),
    ]
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(TransactItems=actions)
    codes = [each["Code"] for each in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ConditionalCheckFailed"]
    assert shelf(table) == before


def test_an_accepted_transaction_stays(table: Any) -> None:
    """What was written is read back, nested values too."""
    made = item("c", "1", deep={"M": {"list": {"L": [{"M": {"n": {"N": "2"}}}, {"BOOL": True}]}}})
    table.transact_write_items(TransactItems=[put(made)])
    assert table.get_item(TableName=NAME, Key=item("c", "1"))["Item"] == made
    table.delete_item(TableName=NAME, Key=item("c", "1"))


@pytest.mark.parametrize("forward", [True, False])
def test_a_query_finds_its_partition_in_order(table: Any, *, forward: bool) -> None:
    """Only the items of the partition, by sort key, in either direction."""
    found = table.query(
        TableName=NAME,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "b"}},
        ScanIndexForward=forward,
    )["Items"]
    assert [(each["pk"]["S"], each["sk"]["S"]) for each in found] == [
        ("b", each) for each in ("123" if forward else "321")
    ]
    assert found[0]["deep"] == {"M": {"list": {"L": [{"N": "1"}]}}}


def test_a_partition_that_is_not_there_is_empty_and_stays_so(table: Any) -> None:
    """Asking makes nothing."""
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "nobody"}}}
    assert table.query(TableName=NAME, **asked)["Items"] == []
    assert {each["pk"]["S"] for each in shelf(table)} == {"a", "b"}


@pytest.mark.parametrize("fails", [False, True])
def test_an_update_in_a_transaction_is_all_or_nothing(table: Any, *, fails: bool) -> None:
    """It changes the item itself, and is taken back where another part of the transaction is refused."""
    update = {
        "TableName": NAME,
        "Key": item("a", "1"),
        "UpdateExpression": f"SET fails_{fails} = :v",
        "ExpressionAttributeValues": {":v": {"S": "x"}},
    }
    other = {
        "TableName": NAME,
        "Key": item("b", "1"),
        "ConditionExpression": "attribute_not_exists(pk)" if fails else "attribute_exists(pk)",
    }
    parts = [{"Update": update}, {"ConditionCheck": other}]
    with pytest.raises(ClientError) if fails else nullcontext():
        table.transact_write_items(TransactItems=parts)
    found = table.get_item(TableName=NAME, Key=item("a", "1"))["Item"]
    assert (f"fails_{fails}" in found) is not fails
