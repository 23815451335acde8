"""The one table. What stands where is drawn in dynamodb_items.py.

Every change is one TransactWriteItems: all of it happens or none. Each condition below says why it is there.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb_items import (
    Item,
    decode,
    deployment_sk,
    encode,
    environment_pk,
    from_item,
    key,
    millis,
    place,
    plain,
    service_pk,
    to_item,
)
from chalicelib.domain.approval import Question
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.ports import Change, History, Hold, Overview, Posted, Save, Seen

RECENT_SECONDS = 180 * 86_400
"""How long a build stays among those that were reported last; TTL is cleanup only."""
_RACED = {"TransactionConflictException", "TransactionInProgressException", "ConditionalCheckFailedException"}


class DynamoStore:
    """The port Store."""

    def __init__(self, client: JsonClient, table: str) -> None:
        self._client = client
        self._table = table

    # --- writing ------------------------------------------------------------------------------------------------

    def commit(self, *changes: Change) -> None:
        """All changes or none; see the port for what it raises."""
        holds = [change for change in changes if isinstance(change, Hold)]
        writes = [
            write
            for change in changes
            if not isinstance(change, Hold)
            for write in self._writes(change, holds)
        ]
        writes += [self._check(hold) for hold in holds]
        items = [{kind: request} for _, kind, request in writes]
        token = os.urandom(
            16
        ).hex()  # a reply that is lost makes the client send again; the token makes that one write
        try:
            self._client.call("TransactWriteItems", {"TransactItems": items, "ClientRequestToken": token})
        except AwsError as error:
            raise _lost(error, [error_kind for error_kind, _, _ in writes]) from error

    def _writes(self, change: Change, holds: list[Hold]) -> list[tuple[type[Exception], str, dict[str, Any]]]:
        if isinstance(change, Save):
            return self._saves(change, holds)
        if isinstance(change, Seen):
            return [(Duplicate, "Put", self._seen(change))]
        assert isinstance(change, History)  # noqa: S101 - the union is closed; Hold was taken out before
        return [(Conflict, "Put", self._history(change))]

    def _saves(self, save: Save, holds: list[Hold]) -> list[tuple[type[Exception], str, dict[str, Any]]]:
        record = save.record
        put = self._put({**to_item(replace(record, revision=record.revision + 1)), **place(record)})
        if record.revision:
            put["ConditionExpression"] = "revision = :read"  # nobody wrote since it was read
            put["ExpressionAttributeValues"] = {":read": encode(record.revision)}
        else:
            put["ConditionExpression"] = "attribute_not_exists(pk)"  # nobody made it in between
        kind: type[Exception] = Conflict
        if isinstance(record, Environment):
            kind = _fold(put, record, holds)
        writes: list[tuple[type[Exception], str, dict[str, Any]]] = [(kind, "Put", put)]
        if isinstance(record, Question) and not record.revision:
            pointer = {**key(f"CODE#{record.code}", "CODE"), "at": {"M": place(record)}}
            unused = {**self._put(pointer), "ConditionExpression": "attribute_not_exists(pk)"}
            writes.append((Conflict, "Put", unused))
        if isinstance(record, Build):
            recent = key(service_pk(record.service), f"RECENT#{millis(record.reported_at)}#{record.version}")
            ttl = encode(int(record.reported_at) + RECENT_SECONDS)
            writes.append(
                (Conflict, "Put", self._put({**recent, "version": encode(record.version), "ttl": ttl}))
            )
        return writes

    def _seen(self, seen: Seen) -> dict[str, Any]:
        item = {
            **key(f"SEEN#{seen.event}", "SEEN"),
            "result": encode(seen.result),
            "ttl": encode(int(seen.at) + seen.seconds),
        }
        return {
            **self._put(item),
            # not seen, or so long ago that only TTL's cleanup, which may come days late, has not removed it
            "ConditionExpression": "attribute_not_exists(pk) OR #ttl < :now",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": encode(int(seen.at))},
        }

    def _history(self, line: History) -> dict[str, Any]:
        sk = f"HISTORY#{millis(line.at)}#{line.deployment}#{line.event}#{os.urandom(3).hex()}"
        item = {**to_item(line), **key(environment_pk(line.service, line.environment), sk)}
        item["actor"] = encode(str(line.actor))
        return {
            **self._put(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }  # history is never overwritten

    def _check(self, hold: Hold) -> tuple[type[Exception], str, dict[str, Any]]:
        condition, values = _held(hold)
        return (
            LostLock,
            "ConditionCheck",
            {
                "TableName": self._table,
                "Key": key(environment_pk(hold.ref.service, hold.ref.environment), "STATE"),
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            },
        )

    def _put(self, item: Item) -> dict[str, Any]:
        return {"TableName": self._table, "Item": item}

    # --- reading ------------------------------------------------------------------------------------------------

    def seen(self, event: str) -> str | None:
        """The result that was stored with an event."""
        item = self._get(f"SEEN#{event}", "SEEN")
        return str(plain(item["result"])) if item else None

    def environment(self, service: str, name: str) -> Environment:
        """The environment; a fresh one where nothing was ever deployed."""
        item = self._get(environment_pk(service, name), "STATE")
        return from_item(Environment, item) if item else Environment(service, name)

    def deployment(self, ref: Ref) -> Deployment | None:
        """One deployment."""
        item = self._get(environment_pk(ref.service, ref.environment), deployment_sk(ref.deployment))
        return from_item(Deployment, item) if item else None

    def question(self, code: str) -> Question | None:
        """One question by its code."""
        pointer = self._get(f"CODE#{code}", "CODE")
        if not pointer:
            return None
        at = pointer["at"]["M"]
        item = self._get(at["pk"]["S"], at["sk"]["S"])
        return from_item(Question, item) if item else None

    def overview(self, service: str, name: str, *, deployments: int = 5) -> Overview:
        """The environment, its newest deployments, and the open questions of those that hold it."""
        environment = self.environment(service, name)
        newest = self._query(environment_pk(service, name), "DEPLOYMENT#", limit=deployments, newest=True)
        found = tuple(from_item(Deployment, item) for item in newest)
        slots = (environment.active, environment.keeping)
        holders = dict.fromkeys(slot.deployment for slot in slots if slot is not None)
        asked = [each for holder in holders for each in self.questions(Ref(service, name, holder))]
        return Overview(environment, found, tuple(each for each in asked if each.answer is None))

    def questions(self, ref: Ref) -> tuple[Question, ...]:
        """Every question of a deployment, oldest first."""
        items = self._query(environment_pk(ref.service, ref.environment), f"QUESTION#{ref.deployment}#")
        return tuple(from_item(Question, item) for item in items)

    def history(self, service: str, name: str, *, limit: int = 50) -> tuple[History, ...]:
        """Newest first."""
        items = self._query(environment_pk(service, name), "HISTORY#", limit=limit, newest=True)
        return tuple(_line(item) for item in items)

    def builds(self, service: str, *, limit: int = 10) -> tuple[Build, ...]:
        """The builds that were reported last, newest first."""
        recent = self._query(service_pk(service), "RECENT#", limit=3 * limit, newest=True)
        versions = list(dict.fromkeys(str(plain(item["version"])) for item in recent))[:limit]
        found = (self.build(service, version) for version in versions)
        return tuple(build for build in found if build is not None)

    def build(self, service: str, version: str) -> Build | None:
        """One build."""
        item = self._get(service_pk(service), f"BUILD#{version}")
        return from_item(Build, item) if item else None

    # --- configuration ------------------------------------------------------------------------------------------

    def team(self, version: int | None = None) -> Team:
        """A published configuration."""
        wanted = self._current() if version is None else version
        item = self._get("CONFIG", f"VERSION#{wanted:08}") if wanted else None
        if not item:
            raise Refused(Reason.NOT_CONFIGURED)
        return Team(wanted, plain(item["raw"]))

    def publish(self, raw: dict[str, object]) -> int:
        """A new version; raises Conflict where somebody else published at the same time."""
        current = self._current()
        version = current + 1
        stored = self._put({**key("CONFIG", f"VERSION#{version:08}"), "raw": encode(raw)})
        stored["ConditionExpression"] = "attribute_not_exists(pk)"  # a version never changes
        pointer = self._put({**key("CONFIG", "CURRENT"), "version": encode(version)})
        if current:
            pointer["ConditionExpression"] = (
                "version = :read"  # the version that this one follows is still the newest
            )
            pointer["ExpressionAttributeValues"] = {":read": encode(current)}
        else:
            pointer["ConditionExpression"] = "attribute_not_exists(pk)"
        try:
            self._client.call("TransactWriteItems", {"TransactItems": [{"Put": stored}, {"Put": pointer}]})
        except AwsError as error:
            raise _lost(error, [Conflict, Conflict]) from error
        return version

    def _current(self) -> int:
        item = self._get("CONFIG", "CURRENT")
        return int(plain(item["version"])) if item else 0

    # --- chat ---------------------------------------------------------------------------------------------------

    def post(self, ref: Ref, name: str) -> Posted | None:
        """What chat was told under a key."""
        item = self._get(environment_pk(ref.service, ref.environment), f"POST#{ref.deployment}#{name}")
        return from_item(Posted, item) if item else None

    def save_post(self, ref: Ref, name: str, posted: Posted) -> None:
        """Remember a message that was posted or updated."""
        at = key(environment_pk(ref.service, ref.environment), f"POST#{ref.deployment}#{name}")
        self._ask("PutItem", {**self._put({**to_item(posted), **at})})

    # --- requests -----------------------------------------------------------------------------------------------

    def _get(self, pk: str, sk: str) -> Item | None:
        request = {"TableName": self._table, "Key": key(pk, sk), "ConsistentRead": True}
        item = self._ask("GetItem", request).get("Item")
        return item or None

    def _query(self, pk: str, prefix: str, *, limit: int = 0, newest: bool = False) -> list[Item]:
        """Items of a partition whose sort key begins with a prefix; all of them where there is no limit."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": encode(pk), ":prefix": encode(prefix)},
            "ConsistentRead": True,
            "ScanIndexForward": not newest,
            **({"Limit": limit} if limit else {}),
        }
        found: list[Item] = []
        while True:
            answer = self._ask("Query", request)
            found += answer.get("Items", [])
            last = answer.get("LastEvaluatedKey")
            if not last or (limit and len(found) >= limit):
                return found[:limit] if limit else found
            request["ExclusiveStartKey"] = last

    def _ask(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(operation, request)
        except AwsError as error:
            raise Unavailable(f"{operation}: {error.code}") from error


def _held(hold: Hold) -> tuple[str, dict[str, Any]]:
    """The condition that a deployment holds one of its environment's slots, under its own fencing number."""
    condition = (
        "(active.deployment = :holder AND active.fence = :fence)"
        " OR (keeping.deployment = :holder AND keeping.fence = :fence)"
    )
    return condition, {":holder": encode(hold.ref.deployment), ":fence": encode(hold.fence)}


def _fold(put: dict[str, Any], record: Environment, holds: list[Hold]) -> type[Exception]:
    """Put a Hold on the same environment into its Put: a transaction may touch an item once.

    It fails as Conflict: the revision says so first, and who reads again finds the lock gone.
    """
    for hold in [
        each for each in holds if (each.ref.service, each.ref.environment) == (record.service, record.name)
    ]:
        condition, values = _held(hold)
        put["ConditionExpression"] = f"({put['ConditionExpression']}) AND ({condition})"
        put["ExpressionAttributeValues"] = {**put.get("ExpressionAttributeValues", {}), **values}
        holds.remove(hold)
    return Conflict


def _lost(error: AwsError, kinds: Sequence[type[Exception]]) -> Exception:
    """Which of ours a refused transaction is: seen before, then lock lost, then lost race."""
    if error.code != "TransactionCanceledException":
        return Conflict(error.code) if error.code in _RACED else Unavailable(error.code)
    reasons = [str(each.get("Code", "None")) for each in error.body.get("CancellationReasons", [])]
    failed = {kind for kind, code in zip(kinds, reasons, strict=False) if code == "ConditionalCheckFailed"}
    for kind in (Duplicate, LostLock, Conflict):
        if kind in failed:
            return kind("a condition was not met")
    if "TransactionConflict" in reasons:
        return Conflict("another transaction writes the same records")
    return Unavailable(f"transaction canceled: {', '.join(reasons)}")


def _line(item: Item) -> History:
    values = {
        name: decode(str, value) for name, value in item.items() if name not in {"pk", "sk", "actor", "at"}
    }
    return History(**values, at=float(plain(item["at"])), actor=Actor.parse(plain(item["actor"])))
