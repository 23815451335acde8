"""The one table. What stands where is drawn in dynamodb_items.py.

Every change is one TransactWriteItems: all of it happens or none. Its conditions are those of dynamodb_writes.py.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb_history import HEAD, LINES, head_item, line_sk, read_head, read_line
from chalicelib.adapters.dynamodb_items import (
    GRANTS,
    HOME,
    LATEST,
    VISIT,
    deployment_sk,
    environment_pk,
    fitting,
    key,
    millis,
    place,
    release_sk,
    service_pk,
    ticket_sk,
)
from chalicelib.adapters.dynamodb_reads import Reader, together
from chalicelib.adapters.dynamodb_values import Item, encode, from_item, plain
from chalicelib.adapters.dynamodb_writes import (
    NEW_LINE,
    NEW_VERSION,
    UNUSED_CODE,
    HeadMoved,
    Write,
    folded,
    held_by,
    not_seen,
    refused,
    revision_is,
)
from chalicelib.domain.approval import Question
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, Refused
from chalicelib.domain.findings import Finding, FindingKey
from chalicelib.domain.history import Head, History
from chalicelib.domain.locks import ASK_SECONDS, Ask, Lock, Place, Ticket, TicketKey
from chalicelib.domain.people import Actor
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import Grants
from chalicelib.domain.settings import Team
from chalicelib.domain.sharing import Shared
from chalicelib.domain.updates import Updates
from chalicelib.domain.visits import Visit
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Posted
from chalicelib.usecases.ports import Change, Hold, Overview, Record, Save, Seen

RECENT_SECONDS = 180 * 86_400
"""How long a build stays among those that were reported last; TTL is cleanup only."""
RESOLVED_SECONDS = 30 * 86_400
"""How long a finding, a lock or a place in the queue is remembered that is no more, and what was shown."""
VISIT_SECONDS = 2 * 86_400
"""How long a visit is; it counts for much less (domain/visits.py)."""


SLIM = tuple(
    each.name
    for each in fields(Deployment)
    if each.name not in {"plan", "new", "commands", "output", "package"}
)
"""What `past` reads of a deployment."""
KEPT_VERSIONS = 4
"""Configurations that one function keeps; deployments under way seldom use more."""
_TRIES = 6
"""How often lines of history are put behind a newer head; each that loses has seen somebody else's lines written."""


class DynamoStore(Reader):
    """The port Store."""

    def __init__(self, client: JsonClient, table: str) -> None:
        super().__init__(client, table)
        self._teams: dict[int, Team] = {}

    # --- writing ------------------------------------------------------------------------------------------------

    def commit(self, *changes: Change) -> None:
        """All changes or none; see the port for what it raises."""
        lines = [change for change in changes if isinstance(change, History)]
        checks = [self._check(change) for change in changes if isinstance(change, Hold)]
        writes = [write for change in changes for write in self._writes(change)]
        for _ in range(_TRIES):
            chained, heads = self._chained(lines)
            try:
                self._transact(folded([*writes, *chained], checks))
            except HeadMoved:
                continue
            _note(heads)
            return
        raise Conflict("many write this history at once")

    def _writes(self, change: Change) -> list[Write]:
        if isinstance(change, Save):
            return self._saves(change.record)
        return [self._seen(change)] if isinstance(change, Seen) else []

    def _saves(self, record: Record) -> list[Write]:
        after = fitting(replace(record, revision=record.revision + 1))
        put = self._put(place(record), after, ttl=_ttl(record))
        writes = [Write(Conflict, "Put", put, revision_is(record.revision))]
        if isinstance(record, Question) and not record.revision:
            pointer = self._put(
                key(f"CODE#{record.code}", "CODE"),
                {"at": {name: value["S"] for name, value in place(record).items()}},
            )
            writes.append(Write(Conflict, "Put", pointer, UNUSED_CODE))
        if isinstance(record, Build):
            at = key(service_pk(record.service), f"RECENT#{millis(record.reported_at)}#{record.version}")
            ttl = int(record.reported_at) + RECENT_SECONDS
            writes.append(Write(Conflict, "Put", self._put(at, after, ttl=ttl)))
        return writes

    def _seen(self, seen: Seen) -> Write:
        put = self._put(
            key(f"SEEN#{seen.event}", "SEEN"), {"result": seen.result}, ttl=int(seen.at) + seen.seconds
        )
        return Write(Duplicate, "Put", put, not_seen(seen.at))

    def _chained(self, lines: Sequence[History]) -> tuple[list[Write], dict[tuple[str, str], Head]]:
        """Lines at the end of their chains, with the heads that they make."""
        writes: list[Write] = []
        heads: dict[tuple[str, str], Head] = {}
        revisions: dict[tuple[str, str], int] = {}
        for line in lines:
            where = line.service, line.environment
            if where not in heads:
                heads[where], revisions[where] = self._end(*where)
            placed = line.after(heads[where])
            heads[where] = placed.head
            at = key(environment_pk(*where), line_sk(placed.number))
            writes.append(Write(HeadMoved, "Put", self._put(at, placed), NEW_LINE))
        for where, head in heads.items():
            put = self._put(key(environment_pk(*where), HEAD), head_item(head))
            writes.append(Write(HeadMoved, "Put", put, revision_is(revisions[where])))
        return writes, heads

    def _end(self, service: str, name: str) -> tuple[Head, int]:
        """Where a chain goes on, and the revision of its head. Without a head (nothing was written yet, or it was
        removed) it goes on after the newest line: nobody stops deployments by removing a head."""
        head = self.history_head(service, name)
        if head.number:
            return head, head.number
        return next((line.head for line in self.history(service, name, limit=1)), head), 0

    def _check(self, hold: Hold) -> Write:
        at = key(environment_pk(hold.ref.service, hold.ref.environment), "STATE")
        return Write(LostLock, "ConditionCheck", {"TableName": self._table, "Key": at}, held_by(hold))

    def _put(self, at: Item, content: object, *, ttl: int | None = None) -> dict[str, Any]:
        """A Put of a record, or of a few named values; `ttl` is when DynamoDB may clean it up."""
        expires = {} if ttl is None else {"ttl": encode(ttl)}
        return {"TableName": self._table, "Item": {**encode(content)["M"], **at, **expires}}

    def _transact(self, writes: Sequence[Write]) -> None:
        """One transaction. Its own token is in every item that it writes: where a reply was lost and the second try is
        refused because of what the first one wrote, the token says so (DynamoDB itself remembers a token for ten
        minutes)."""
        token = os.urandom(16).hex()
        items = [write.action(token) for write in writes]
        try:
            self._client.call("TransactWriteItems", {"TransactItems": items, "ClientRequestToken": token})
        except AwsError as error:
            refusal = refused(error, writes, token)
            if refusal is not None:
                raise refusal from error

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
        at = plain(pointer["at"])
        item = self._get(at["pk"], at["sk"])
        return from_item(Question, item) if item else None

    def overview(self, service: str, name: str, *, deployments: int = 5) -> Overview:
        """The environment, its newest deployments with those that hold it, and what the holders ask."""
        environment = self.environment(service, name)
        newest = self._query(environment_pk(service, name), "DEPLOYMENT#", limit=deployments, newest=True)
        found = [from_item(Deployment, item) for item in newest]
        holders = [slot.deployment for slot in (environment.active, environment.keeping) if slot is not None]
        refs = [Ref(service, name, holder) for holder in dict.fromkeys(holders)]
        known = {each.id for each in found}
        older = (self.deployment(ref) for ref in refs if ref.deployment not in known)
        found += [each for each in older if each is not None]
        asked = [each for ref in refs for each in self.questions(ref) if each.answer is None]
        return Overview(environment, tuple(found), tuple(asked))

    def questions(self, ref: Ref) -> tuple[Question, ...]:
        """Every question of a deployment, oldest first."""
        items = self._query(environment_pk(ref.service, ref.environment), f"QUESTION#{ref.deployment}#")
        return tuple(from_item(Question, item) for item in items)

    def findings(self, service: str, name: str) -> tuple[Finding, ...]:
        """What was found in an environment."""
        items = self._query(environment_pk(service, name), "FINDING#")
        return tuple(from_item(Finding, item) for item in items)

    def finding(self, key: FindingKey) -> Finding | None:
        """One finding."""
        item = self._get(environment_pk(key.service, key.environment), f"FINDING#{key.key}")
        return from_item(Finding, item) if item else None

    def ticket(self, key: TicketKey) -> Ticket | None:
        """A lock or a place in the queue."""
        item = self._get(environment_pk(key.service, key.environment), ticket_sk(key))
        return from_item(Lock if key.key.startswith("lock-") else Place, item) if item else None

    def asked(self, key: TicketKey) -> Ask | None:
        """That the holder was asked."""
        item = self._get(environment_pk(key.service, key.environment), ticket_sk(key))
        return from_item(Ask, item) if item else None

    def shared(self, key: TicketKey) -> Shared | None:
        """What somebody showed to the team."""
        item = self._get(environment_pk(key.service, key.environment), ticket_sk(key))
        return from_item(Shared, item) if item else None

    def past(self, service: str, name: str, *, limit: int) -> tuple[Deployment, ...]:
        """The newest deployments without what makes their items large; a page of a query (1 MB) counts what is left
        out too, so many may take more than one."""
        items = self._query(environment_pk(service, name), "DEPLOYMENT#", limit=limit, newest=True, only=SLIM)
        return tuple(from_item(Deployment, item) for item in items)

    def history(
        self, service: str, name: str, *, limit: int | None = 50, before: int = 0
    ) -> tuple[History, ...]:
        """The lines as they are stored, newest first; None: all of them."""
        items = self._query(
            environment_pk(service, name),
            LINES,
            limit=limit or 0,
            newest=True,
            last=line_sk(before - 1) if before else "",
        )
        return tuple(read_line(item) for item in items)

    def history_head(self, service: str, name: str) -> Head:
        """Number and hash of the newest line, as kept apart from the lines; of number 0 where nothing was written."""
        item = self._get(environment_pk(service, name), HEAD)
        return read_head(item) if item else Head()

    def builds(self, service: str, *, limit: int = 10) -> tuple[Build, ...]:
        """The builds that were reported last, newest first; one is reported as running, then as ended."""
        items = self._query(service_pk(service), "RECENT#", limit=3 * limit, newest=True)
        newest: dict[str, Build] = {}
        for item in items:
            build = from_item(Build, item)
            newest.setdefault(build.version, build)
        return tuple(newest.values())[:limit]

    def build(self, service: str, version: str) -> Build | None:
        """One build."""
        item = self._get(service_pk(service), f"BUILD#{version}")
        return from_item(Build, item) if item else None

    def releases(self, service: str, *, limit: int = 10) -> tuple[Release, ...]:
        """The releases of a frontend: tags sort by their time as text."""
        items = self._query(service_pk(service), "RELEASE#", limit=limit, newest=True)
        return tuple(from_item(Release, item) for item in items)

    def release(self, service: str, tag: str) -> Release | None:
        """One release."""
        item = self._get(service_pk(service), release_sk(tag))
        return from_item(Release, item) if item else None

    # --- configuration ------------------------------------------------------------------------------------------

    def team(self, version: int | None = None) -> Team:
        """A published configuration. A version never changes, so the function that has read it keeps it: it may be
        hundreds of kilobytes, and every step and every command needs it. Grants are read anew each time."""
        if version is not None:
            return self._version(version)
        pointer, granted = together(self._client, self._table, key("CONFIG", "CURRENT"), GRANTS)
        team = self._version(int(plain(pointer["version"])) if pointer else 0)
        return replace(team, grants=from_item(Grants, granted)) if granted else team

    def _version(self, wanted: int) -> Team:
        if wanted not in self._teams:
            item = self._get("CONFIG", f"VERSION#{wanted:08}") if wanted else None
            if not item:
                raise Refused(Reason.NOT_CONFIGURED)
            if len(self._teams) >= KEPT_VERSIONS:
                self._teams.clear()
            self._teams[wanted] = Team(wanted, plain(item["raw"]))
        return self._teams[wanted]

    def publish(self, raw: dict[str, object]) -> int:
        """A new version; raises Conflict where somebody else published at the same time."""
        current = self._current()
        version = current + 1
        stored = self._put(key("CONFIG", f"VERSION#{version:08}"), {"raw": raw})
        pointer = self._put(key("CONFIG", "CURRENT"), {"version": version, "revision": version})
        self._transact(
            [
                Write(Conflict, "Put", stored, NEW_VERSION),
                Write(Conflict, "Put", pointer, revision_is(current)),
            ]
        )
        return version

    def _current(self) -> int:
        item = self._get("CONFIG", "CURRENT")
        return int(plain(item["version"])) if item else 0

    def updates(self) -> Updates:
        """The latest updates of the service itself."""
        item = self._get(LATEST["pk"]["S"], LATEST["sk"]["S"])
        return from_item(Updates, item) if item else Updates()

    # --- chat ---------------------------------------------------------------------------------------------------

    def post(self, ref: Ref, name: str) -> Posted | None:
        """What chat was told under a key."""
        item = self._get(environment_pk(ref.service, ref.environment), f"{_posts(ref)}{name}")
        return from_item(Posted, item) if item else None

    def posts(self, ref: Ref) -> dict[str, Posted]:
        """All that chat was told about a record: one Query."""
        found = self._query(environment_pk(ref.service, ref.environment), _posts(ref))
        return {plain(item["sk"]).removeprefix(_posts(ref)): from_item(Posted, item) for item in found}

    def save_post(self, ref: Ref, name: str, posted: Posted) -> None:
        """Remember a message that was posted or updated."""
        at = key(environment_pk(ref.service, ref.environment), f"{_posts(ref)}{name}")
        self._ask("PutItem", self._put(at, posted))

    def visit(self, who: Actor) -> Visit | None:
        """When somebody opened their home last."""
        item = self._get(HOME, f"{VISIT}{who}")
        return from_item(Visit, item) if item else None

    def visits(self) -> tuple[Visit, ...]:
        """Everybody who opened theirs."""
        return tuple(from_item(Visit, item) for item in self._query(HOME, VISIT))


def _posts(ref: Ref) -> str:
    """What the sort keys of a record's messages begin with."""
    return f"POST#{ref.deployment}#"


def _ttl(record: Record) -> int | None:
    """From when on DynamoDB may clean a record up; None where it stays."""
    if isinstance(record, Visit):
        return int(record.at) + VISIT_SECONDS
    if isinstance(record, Finding) and not record.open:
        return int(record.resolved_at) + RESOLVED_SECONDS
    if isinstance(record, Lock | Place) and record.over is not None:
        return int(record.over_at) + RESOLVED_SECONDS
    if isinstance(record, Shared):
        return int(record.figures.at) + RESOLVED_SECONDS
    if isinstance(record, Ask):
        return (record.number + 1) * ASK_SECONDS + RESOLVED_SECONDS
    return None


def _note(heads: Mapping[tuple[str, str], Head]) -> None:
    """Keep how far each history goes in another place, which other people may write: the function's log."""
    for (service, environment), head in heads.items():
        log("info", "history", service=service, environment=environment, number=head.number, hash=head.digest)
