"""Conditional writes: each condition has a name and says why it is there, and what it means when it does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.adapters.aws_json import AwsError
from chalicelib.adapters.dynamodb_values import Attribute, Item, encode
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, PointsmanError, Unavailable
from chalicelib.usecases.ports import Hold

_RACED = {"TransactionConflictException", "TransactionInProgressException"}
_TOKEN = "transaction"  # noqa: S105 - the name of an attribute that no record has
_REVISION = "revision"


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression over the item as it was, with the values in it."""

    expression: str
    values: tuple[tuple[str, Attribute], ...] = ()

    def also(self, other: "Condition") -> "Condition":
        """Both."""
        return Condition(f"({self.expression}) AND ({other.expression})", self.values + other.values)


class HeadMoved(Conflict):
    """Somebody else wrote history since its head was read, and nothing else was wrong: the store tries again."""


ALWAYS = Condition("")
NEW_LINE = Condition("attribute_not_exists(pk)")
"""History is never overwritten, not even where its head says that a line is not there."""
NEW_VERSION = Condition("attribute_not_exists(pk)")
"""A published configuration never changes: deployments run with the one they started with."""
UNUSED_CODE = Condition("attribute_not_exists(pk)")
"""A code that people were told never means another question."""


def revision_is(read: int) -> Condition:
    """Nobody wrote since it was read; 0: nobody made it in between."""
    if not read:
        return Condition("attribute_not_exists(pk)")
    return Condition(f"{_REVISION} = :read", ((":read", encode(read)),))


def not_seen(now: float) -> Condition:
    """Never seen, or so long ago that only TTL's cleanup, which may come two days late, has not removed it."""
    return Condition("attribute_not_exists(pk) OR #ttl < :now", ((":now", encode(int(now))),))


def held_by(hold: Hold) -> Condition:
    """The deployment holds one of its environment's slots, under this very fencing number and no later one."""
    return Condition(
        "(active.deployment = :holder AND active.fence = :fence)"
        " OR (keeping.deployment = :holder AND keeping.fence = :fence)",
        ((":holder", encode(hold.ref.deployment)), (":fence", encode(hold.fence))),
    )


@dataclass(frozen=True, slots=True)
class Write:
    """One action of a transaction, and what it means when its condition does not hold."""

    error: type[PointsmanError]
    kind: str
    request: dict[str, Any]
    condition: Condition = ALWAYS
    guards_lock: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The primary key."""
        at = self.request.get("Key") or self.request["Item"]
        return at["pk"]["S"], at["sk"]["S"]

    def action(self, token: str) -> dict[str, Any]:
        """As TransactWriteItems takes it; what is written carries the transaction's token."""
        request = dict(self.request)
        if self.kind == "Put":
            request["Item"] = {**request["Item"], _TOKEN: encode(token)}
        if self.condition.expression:
            request["ConditionExpression"] = self.condition.expression
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.condition.values:
            request["ExpressionAttributeValues"] = dict(self.condition.values)
        if "#ttl" in self.condition.expression:
            request["ExpressionAttributeNames"] = {"#ttl": "ttl"}  # TTL is a reserved word
        return {self.kind: request}

    def failure(self, before: Item) -> type[PointsmanError]:
        """Which error it is; where a lock is guarded by the same condition, the item as it was tells which part."""
        if not self.guards_lock:
            return self.error
        values = dict(self.condition.values)
        slots = (before.get(name, {}).get("M", {}) for name in ("active", "keeping"))
        own = (values[":holder"], values[":fence"])
        held = any((slot.get("deployment"), slot.get("fence")) == own for slot in slots)
        return self.error if held else LostLock


def folded(writes: Sequence[Write], checks: Sequence[Write]) -> list[Write]:
    """Writes and checks, with a check of an item that is written too inside that write: a transaction may touch an item
    once ("TransactWriteItems", API reference)."""
    by_place = {write.place: write for write in writes}
    for check in checks:
        write = by_place.get(check.place)
        if write is None:
            by_place[check.place] = check
        else:
            condition = write.condition.also(check.condition)
            by_place[check.place] = replace(write, condition=condition, guards_lock=True)
    return list(by_place.values())


def refused(error: AwsError, writes: Sequence[Write], token: str) -> PointsmanError | None:
    """What a refused transaction means: seen before, else lock lost, else lost race; None where it had happened."""
    if error.code != "TransactionCanceledException":
        return Conflict(error.code) if error.code in _RACED else Unavailable(str(error))
    reasons = error.body.get("CancellationReasons") or []
    if any((reason.get("Item") or {}).get(_TOKEN) == encode(token) for reason in reasons):
        return None
    failed = {
        write.failure(reason.get("Item") or {})
        for write, reason in zip(writes, reasons, strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    codes = [str(reason.get("Code")) for reason in reasons]
    raced = {write.error for write, code in zip(writes, codes, strict=False) if code == "TransactionConflict"}
    if raced:
        failed.add(HeadMoved if raced == {HeadMoved} else Conflict)
    for kind in (Duplicate, LostLock, Conflict, HeadMoved):
        if kind in failed:
            return kind("another transaction writes, or has written, the same records")
    return Unavailable(f"transaction canceled: {', '.join(codes)}")
