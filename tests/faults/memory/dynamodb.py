"""DynamoDB in memory: one table, the operations that the product uses, and the stream of what changed.

Facts: DynamoDB API reference, TransactWriteItems (all or none, cancellation reasons in the order of the actions, a
client request token is remembered for ten minutes), PutItem, Query.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.aws_json import AwsError
from tests.faults.memory.conditions import holds

Item = dict[str, Any]
Key = tuple[str, str]
TOKEN_SECONDS = 600


class Written(NamedTuple):
    """One item as it was (None: it was not there) and as it is."""

    key: Key
    before: Item | None
    after: Item


class MemoryTable:
    """`watchers` see what each request wrote, all of it at once. Items are never changed in place: a request has its
    own (they were parsed from its bytes), and whoever reads one only reads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._items: dict[Key, Item] = {}
        self._tokens: dict[str, tuple[float, list[Any]]] = {}
        self._written: list[Written] = []
        self.stream: list[dict[str, Any]] = []
        self.watchers: list[Callable[[list[Written]], None]] = []

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers; AwsError where it refuses."""
        handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "TransactGetItems": self._get_all,
            "Query": self._query,
            "PutItem": self._put,
            "UpdateItem": self._unknown,
            "TransactWriteItems": self._transact,
        }
        return handlers.get(operation, self._unknown)(request)

    def items(self) -> Iterator[tuple[Key, Item]]:
        """Everything that is stored, in the order of its keys."""
        return iter(sorted(self._items.items()))

    def forget(self, partition: str) -> None:
        """As if nothing had ever been written there."""
        self._items = {key: item for key, item in self._items.items() if key[0] != partition}

    def _unknown(self, request: Mapping[str, Any]) -> dict[str, Any]:
        raise AwsError("UnknownOperationException", "not in memory", request)

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        item = self._items.get(_key(request["Key"]))
        return {"Item": item} if item is not None else {}

    def _get_all(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"Responses": [self._get(each["Get"]) for each in request["TransactItems"]]}

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        names = request.get("ExpressionAttributeNames")
        chosen = [
            key
            for key, item in sorted(self._items.items(), reverse=not request.get("ScanIndexForward", True))
            if holds(request["KeyConditionExpression"], item, values, names)
        ]
        if "ExclusiveStartKey" in request:
            chosen = chosen[chosen.index(_key(request["ExclusiveStartKey"])) + 1 :]
        limit = request.get("Limit", len(chosen))
        answer: dict[str, Any] = {"Items": [_projected(self._items[key], request) for key in chosen[:limit]]}
        if len(chosen) >= limit > 0 and "Limit" in request:
            answer["LastEvaluatedKey"] = {
                "pk": {"S": chosen[limit - 1][0]},
                "sk": {"S": chosen[limit - 1][1]},
            }
        return answer

    def _put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if not self._met(request):
            raise AwsError("ConditionalCheckFailedException", "The conditional request failed", {})
        self._write(request["Item"])
        self._tell()
        return {}

    def _transact(self, request: Mapping[str, Any]) -> dict[str, Any]:
        token, actions = request.get("ClientRequestToken", ""), request["TransactItems"]
        known = self._tokens.get(token)
        if token and known and self._now() < known[0] + TOKEN_SECONDS:
            if known[1] != actions:
                raise AwsError("IdempotentParameterMismatchException", "another request had this token", {})
            return {}
        requests = [next(iter(action.values())) for action in actions]
        places = [_key(each.get("Key") or each["Item"]) for each in requests]
        if len(set(places)) != len(places):
            raise AwsError("ValidationException", "one item is in two actions", {})
        reasons = [self._reason(each) for each in requests]
        if any(reason["Code"] != "None" for reason in reasons):
            message = "Transaction cancelled"
            raise AwsError("TransactionCanceledException", message, {"CancellationReasons": reasons})
        for action in actions:
            if "Put" in action:
                self._write(action["Put"]["Item"])
        self._tell()
        if token:
            self._tokens[token] = (self._now(), actions)
        return {}

    def _reason(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._met(request):
            return {"Code": "None"}
        reason: dict[str, Any] = {"Code": "ConditionalCheckFailed"}
        before = self._items.get(_key(request.get("Key") or request["Item"]))
        if before is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            reason["Item"] = before
        return reason

    def _met(self, request: Mapping[str, Any]) -> bool:
        before = self._items.get(_key(request.get("Key") or request["Item"]), {})
        return holds(
            request.get("ConditionExpression", ""),
            before,
            request.get("ExpressionAttributeValues", {}),
            request.get("ExpressionAttributeNames"),
        )

    def _write(self, item: Item) -> None:
        key = _key(item)
        before, after = self._items.get(key), dict(item)
        self._items[key] = after
        if before != after:  # a write that changes nothing is not in the stream
            self.stream.append({"dynamodb": {"Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}}}})
        self._written.append(Written(key, before, after))

    def _tell(self) -> None:
        written, self._written = self._written, []
        for watcher in self.watchers:
            watcher(written)


def _projected(item: Item, request: Mapping[str, Any]) -> Item:
    """What a ProjectionExpression leaves of an item."""
    if "ProjectionExpression" not in request:
        return item
    names = request.get("ExpressionAttributeNames", {})
    wanted = {names.get(each.strip(), each.strip()) for each in request["ProjectionExpression"].split(",")}
    return {name: value for name, value in item.items() if name in wanted}


def _key(attributes: Mapping[str, Any]) -> Key:
    return attributes["pk"]["S"], attributes["sk"]["S"]
