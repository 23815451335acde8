"""Reading several items, or parts of one, as DynamoDB takes it."""

from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb_items import key
from chalicelib.adapters.dynamodb_values import Item, encode
from chalicelib.domain.errors import Unavailable

_TRIES = 6


def together(client: JsonClient, table: str, *places: Item) -> list[Item]:
    """Items as they are at one moment, in one call, each empty where it is not there; what is being written at that
    moment is read again (API reference, TransactGetItems)."""
    wanted = {"TransactItems": [{"Get": {"TableName": table, "Key": at}} for at in places]}
    for _ in range(_TRIES):
        try:
            found = client.call("TransactGetItems", wanted)["Responses"]
        except AwsError as error:
            if error.code != "TransactionCanceledException":
                raise Unavailable(f"TransactGetItems: {error.code}") from error
            continue
        return [each.get("Item") or {} for each in found]
    raise Unavailable("TransactGetItems: these records are being written")


def projected(only: Sequence[str]) -> dict[str, Any]:
    """Attributes by placeholders, since many plain names are reserved words ("Reserved words", Developer Guide)."""
    if not only:
        return {}
    names = {f"#{name}": name for name in only}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


class Reader:
    """Reads of one table, strongly consistent; Unavailable where it does not answer."""

    def __init__(self, client: JsonClient, table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, pk: str, sk: str) -> Item | None:
        request = {"TableName": self._table, "Key": key(pk, sk), "ConsistentRead": True}
        item = self._ask("GetItem", request).get("Item")
        return item or None

    def _query(
        self,
        pk: str,
        prefix: str,
        *,
        limit: int = 0,
        newest: bool = False,
        last: str = "",
        only: Sequence[str] = (),
    ) -> list[Item]:
        """Items of a partition whose sort key begins with a prefix, up to a `last` one; all of them where there is no
        limit. `only`: these attributes."""
        condition = "sk BETWEEN :prefix AND :last" if last else "begins_with(sk, :prefix)"
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": f"pk = :pk AND {condition}",
            "ExpressionAttributeValues": {
                ":pk": encode(pk),
                ":prefix": encode(prefix),
                **({":last": encode(last)} if last else {}),
            },
            "ConsistentRead": True,
            "ScanIndexForward": not newest,
            **({"Limit": limit} if limit else {}),
            **projected(only),
        }
        found: list[Item] = []
        while True:
            answer = self._ask("Query", request)
            found += answer.get("Items", [])
            more = answer.get("LastEvaluatedKey")
            if not more or (limit and len(found) >= limit):
                return found[:limit] if limit else found
            request["ExclusiveStartKey"] = more

    def _ask(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(operation, request)
        except AwsError as error:
            raise Unavailable(f"{operation}: {error.code}") from error
