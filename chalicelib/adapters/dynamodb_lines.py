"""The lines before chat's limits. A line is a partition, so that one query shows all of it.

| pk   | sk                                       | what                                               |
| ---- | ---------------------------------------- | -------------------------------------------------- |
| name | PACE                                     | the limit's state, and when somebody is next woken |
|      | WAIT#service#environment#deployment#key  | a message that waits                               |

The table is chat's own: what waits is deleted when its turn has passed, and nobody else is told.
"""

import os
from dataclasses import replace
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb_items import key
from chalicelib.adapters.dynamodb_values import Item, encode, from_item, plain, to_item
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_ports import Line, Waiting

_LOST = "ConditionalCheckFailedException"
_RACED = {"TransactionCanceledException", "TransactionConflictException", "TransactionInProgressException"}


class DynamoLines:
    """The port Lines."""

    def __init__(self, client: JsonClient, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, line: str, waiting: Waiting) -> None:
        """The place in the line stays, the urgency is the present one, and the mark is new."""
        self._update(
            _place(line, waiting),
            "SET #ref = :ref, #key = :key, urgency = :urgency, mark = :mark, since = if_not_exists(since, :since)",
            names={"#ref": "ref", "#key": "key"},
            ref=waiting.ref,
            key=waiting.key,
            urgency=waiting.urgency,
            mark=os.urandom(8).hex(),
            since=waiting.since,
        )

    def look(self, line: str) -> Line:
        """One query."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": encode(line)},
            "ConsistentRead": True,
        }
        items: list[Item] = []
        while True:
            answer = self._ask("Query", request)
            items += answer.get("Items", [])
            if not answer.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        pace = next((item for item in items if item["sk"]["S"] == "PACE"), {})
        waiting = tuple(from_item(Waiting, item) for item in items if "mark" in item)
        return Line(_number(pace, "full"), _number(pace, "wake"), waiting)

    def take(self, line: str, seen: Line, waiting: Waiting, *, full: float, until: float) -> bool:
        """The turn is free as it was seen, and the message waits as it was seen: claimed by nobody else since. A wake
        that was noted in the meantime is forgotten, so that there may be one too many."""
        turn = {
            "Item": {**encode({"full": float(full), "wake": seen.wake})["M"], **key(line, "PACE")},
            "ConditionExpression": "#full = :seen" if seen.full else "attribute_not_exists(#full)",
            "ExpressionAttributeNames": {"#full": "full"},
            **({"ExpressionAttributeValues": {":seen": encode(seen.full)}} if seen.full else {}),
        }
        claim = {
            "Item": {**to_item(replace(waiting, claimed=float(until))), **_place(line, waiting)},
            "ConditionExpression": "mark = :mark AND (attribute_not_exists(claimed) OR claimed = :claimed)",
            "ExpressionAttributeValues": {
                ":mark": encode(waiting.mark),
                ":claimed": encode(waiting.claimed),
            },
        }
        items = [{"Put": {"TableName": self._table, **each}} for each in (turn, claim)]
        # A reply that was lost is asked for again under the same token, which DynamoDB knows for ten minutes.
        request = {"TransactItems": items, "ClientRequestToken": os.urandom(16).hex()}
        try:
            self._client.call("TransactWriteItems", request)
        except AwsError as error:
            if error.code in _RACED:
                return False
            raise Unavailable(f"TransactWriteItems: {error.code}") from error
        return True

    def leave(self, line: str, waiting: Waiting) -> None:
        """Only under the mark that was seen; else the claim alone goes."""
        request = {
            "TableName": self._table,
            "Key": _place(line, waiting),
            "ConditionExpression": "attribute_not_exists(pk) OR mark = :mark",
            "ExpressionAttributeValues": {":mark": encode(waiting.mark)},
        }
        try:
            self._client.call("DeleteItem", request)
        except AwsError as error:
            if error.code != _LOST:
                raise Unavailable(f"DeleteItem: {error.code}") from error
            self._update(_place(line, waiting), "REMOVE claimed", "attribute_exists(pk)")

    def back(self, line: str, waiting: Waiting, *, until: float) -> None:
        """Where it still waits."""
        self._update(
            _place(line, waiting), "SET claimed = :until", "attribute_exists(pk)", until=float(until)
        )

    def hold(self, line: str, full: float) -> None:
        """Never shortens what others found out."""
        self._update(
            key(line, "PACE"),
            "SET #full = :full",
            "attribute_not_exists(#full) OR #full < :full",
            names={"#full": "full"},
            full=float(full),
        )

    def noted(self, line: str, wake: float) -> None:
        """Of several wakes the last one is known; one too many does no harm."""
        self._update(key(line, "PACE"), "SET wake = :wake", wake=float(wake))

    # --- requests -----------------------------------------------------------------------------------------------

    def _update(
        self,
        at: Item,
        change: str,
        condition: str = "",
        *,
        names: dict[str, str] | None = None,
        **values: object,
    ) -> None:
        """One item, where the condition holds."""
        request: dict[str, Any] = {"TableName": self._table, "Key": at, "UpdateExpression": change}
        if condition:
            request["ConditionExpression"] = condition
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = {f":{name}": encode(each) for name, each in values.items()}
        self._ask("UpdateItem", request, lost=_LOST)

    def _ask(self, operation: str, request: dict[str, Any], *, lost: str = "") -> dict[str, Any]:
        try:
            return self._client.call(operation, request)
        except AwsError as error:
            if error.code == lost:
                return {}
            raise Unavailable(f"{operation}: {error.code}") from error


def _place(line: str, waiting: Waiting) -> Item:
    ref = waiting.ref
    return key(line, f"WAIT#{ref.service}#{ref.environment}#{ref.deployment}#{waiting.key}")


def _number(item: Item, name: str) -> float:
    return float(plain(item[name])) if name in item else 0.0
