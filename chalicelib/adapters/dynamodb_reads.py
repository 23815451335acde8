"""Reading several items, or parts of one, as DynamoDB takes it."""

from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb_values import Item
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
