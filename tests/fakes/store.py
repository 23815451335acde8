"""Fake of the port Store: the same conditions in a few dictionaries; `tests/contract/test_store.py` holds both to them.

`changed` is what the table's stream would tell chat, in the order of writing.
"""

import copy
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chalicelib.domain.approval import Question
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, Refused
from chalicelib.domain.findings import Finding, FindingKey
from chalicelib.domain.history import Head, History
from chalicelib.domain.locks import Ask, Lock, Ticket, TicketKey
from chalicelib.domain.locks import Place as QueuePlace
from chalicelib.domain.people import Actor
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import newest_first
from chalicelib.domain.roles import TEAM, Grants
from chalicelib.domain.settings import Team
from chalicelib.domain.sharing import Shared
from chalicelib.domain.updates import UPDATES, Updates
from chalicelib.domain.visits import Visit
from chalicelib.usecases.chat_ports import Posted
from chalicelib.usecases.ports import Change, Hold, Overview, Record, Save, Seen
from tests.fakes.recorder import Recorder

Place = tuple[str, ...]


def place(record: Record) -> Place:
    """Which record it is, whatever it says."""
    if isinstance(record, Environment):
        return ("environment", record.service, record.name)
    if isinstance(record, Deployment):
        return ("deployment", record.service, record.environment, record.id)
    if isinstance(record, Question):
        return ("question", record.code)
    if isinstance(record, Finding | Lock | QueuePlace | Ask | Shared):
        kind, key = ("finding", record.key) if isinstance(record, Finding) else ("ticket", record.key.key)
        return (kind, record.service, record.environment, key)
    return _place_apart(record)


def _place_apart(record: Build | Release | Visit | Grants | Updates) -> Place:
    """Of what belongs to no environment."""
    if isinstance(record, Visit):
        return ("visit", str(record.who))
    if isinstance(record, Grants):
        return ("grants",)
    if isinstance(record, Updates):
        return ("updates",)
    if isinstance(record, Release):
        return ("release", record.service, record.tag)
    return ("build", record.service, record.version)


@dataclass(slots=True)
class Table:
    """What is stored; two tables are equal where the same is stored in both."""

    records: dict[Place, Record] = field(default_factory=dict)
    history: list[History] = field(default_factory=list)
    heads: dict[tuple[str, str], Head] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    posts: dict[tuple[Ref, str], Posted] = field(default_factory=dict)
    configurations: list[dict[str, object]] = field(default_factory=list)


class FakeStore(Recorder):
    """All changes of a commit or none. `table` is for tests to look at; a copy of it is what was true then."""

    def __init__(self, *configurations: dict[str, object]) -> None:
        super().__init__()
        self.table = Table(configurations=list(configurations))
        self.changed: list[Ref | FindingKey | TicketKey | tuple[str, str] | Actor] = []
        self._one_at_a_time = threading.Lock()

    def snapshot(self) -> Table:
        """A copy of everything that is stored."""
        return copy.deepcopy(self.table)

    def put(self, *records: Record) -> None:
        """Set records up, whatever was there before; they get revision 1 at least."""
        for record in records:
            self._write(replace(record, revision=max(1, record.revision)))

    # --- writing ------------------------------------------------------------------------------------------------

    def commit(self, *changes: Change) -> None:
        """Check every condition against what is stored, then write."""
        with self._call("commit", changes=changes), self._one_at_a_time:
            saves = [change.record for change in changes if isinstance(change, Save)]
            assert len({place(each) for each in saves}) == len(saves), "a transaction touches an item once"
            self._refuse(changes)
            for record in saves:
                self._write(replace(record, revision=record.revision + 1))
            self._append(change for change in changes if isinstance(change, History))
            self.table.seen |= {change.event: change for change in changes if isinstance(change, Seen)}

    def _refuse(self, changes: Iterable[Change]) -> None:
        """The first that applies, in the order of the port: seen before, lock gone, race lost."""
        changes = tuple(changes)
        if any(isinstance(each, Seen) and self._was_seen(each) for each in changes):
            raise Duplicate("seen before")
        if any(isinstance(each, Hold) and not self._held(each) for each in changes):
            raise LostLock("another owner")
        if any(isinstance(each, Save) and self._raced(each.record) for each in changes):
            raise Conflict("another revision")

    def _was_seen(self, seen: Seen) -> bool:
        before = self.table.seen.get(seen.event)
        return before is not None and int(before.at) + before.seconds >= int(seen.at)

    def _held(self, hold: Hold) -> bool:
        found = self.table.records.get(("environment", hold.ref.service, hold.ref.environment))
        return isinstance(found, Environment) and found.held_by(hold.ref.deployment, hold.fence)

    def _raced(self, record: Record) -> bool:
        found = self.table.records.get(place(record))
        return (found.revision if found else 0) != record.revision

    def _write(self, record: Record) -> None:
        self.table.records[place(record)] = record
        if isinstance(record, Deployment | Question):
            self.changed.append(record.ref)
        elif isinstance(record, Build):
            self.changed.append((record.service, record.version))
        elif isinstance(record, Release):
            self.changed.append((record.service, record.tag))
        elif isinstance(record, Finding):
            self.changed.append(FindingKey(record.service, record.environment, record.key))
        elif isinstance(record, Visit):
            self.changed.append(record.who)
        elif isinstance(record, Updates):
            self.changed.append(Ref(TEAM, UPDATES, ""))
        elif isinstance(record, Lock | QueuePlace | Ask | Shared):
            self.changed.append(record.key)

    def _append(self, lines: Iterable[History]) -> None:
        for line in lines:
            where = line.service, line.environment
            placed = line.after(self.table.heads.get(where, Head()))
            self.table.history.append(placed)
            self.table.heads[where] = placed.head

    # --- reading ------------------------------------------------------------------------------------------------

    def seen(self, event: str) -> str | None:
        """The result that was stored with an event."""
        with self._call("seen", event=event):
            found = self.table.seen.get(event)
            return found.result if found else None

    def environment(self, service: str, name: str) -> Environment:
        """The environment; a fresh one where nothing was ever deployed."""
        with self._call("environment", service=service, name=name):
            found = self.table.records.get(("environment", service, name))
            return found if isinstance(found, Environment) else Environment(service, name)

    def deployment(self, ref: Ref) -> Deployment | None:
        """One deployment."""
        with self._call("deployment", ref=ref):
            found = self.table.records.get(("deployment", ref.service, ref.environment, ref.deployment))
            return found if isinstance(found, Deployment) else None

    def question(self, code: str) -> Question | None:
        """One question by its code."""
        with self._call("question", code=code):
            found = self.table.records.get(("question", code))
            return found if isinstance(found, Question) else None

    def overview(self, service: str, name: str, *, deployments: int = 5) -> Overview:
        """The environment, its newest deployments with those that hold it, and every question that is not decided."""
        with self._call("overview", service=service, name=name, deployments=deployments):
            found = self.table.records.get(("environment", service, name))
            environment = found if isinstance(found, Environment) else Environment(service, name)
            slots = (environment.active, environment.keeping)
            holders = {slot.deployment for slot in slots if slot is not None}
            newest = self._deployments(service, name)
            older = [each for each in newest[deployments:] if each.id in holders]
            return Overview(
                environment,
                (*newest[:deployments], *older),
                tuple(
                    each
                    for each in self._questions()
                    if (each.service, each.environment) == (service, name) and each.answer is None
                ),
            )

    def questions(self, ref: Ref) -> tuple[Question, ...]:
        """Every question of a deployment, oldest first."""
        with self._call("questions", ref=ref):
            return tuple(each for each in self._questions() if each.ref == ref)

    def _questions(self) -> list[Question]:
        found = [each for each in self.table.records.values() if isinstance(each, Question)]
        return sorted(found, key=lambda each: (each.asked_at, each.code))

    def findings(self, service: str, name: str) -> tuple[Finding, ...]:
        """What was found in an environment."""
        with self._call("findings", service=service, name=name):
            found = [each for each in self.table.records.values() if isinstance(each, Finding)]
            here = [each for each in found if (each.service, each.environment) == (service, name)]
            return tuple(sorted(here, key=lambda each: each.key))

    def finding(self, key: FindingKey) -> Finding | None:
        """One finding."""
        with self._call("finding", key=key):
            found = self.table.records.get(("finding", key.service, key.environment, key.key))
            return found if isinstance(found, Finding) else None

    def ticket(self, key: TicketKey) -> Ticket | None:
        """A lock or a place in the queue."""
        with self._call("ticket", ticket=key):
            found = self.table.records.get(("ticket", key.service, key.environment, key.key))
            return found if isinstance(found, Lock | QueuePlace) else None

    def asked(self, key: TicketKey) -> Ask | None:
        """That the holder was asked."""
        with self._call("asked", ticket=key):
            found = self.table.records.get(("ticket", key.service, key.environment, key.key))
            return found if isinstance(found, Ask) else None

    def shared(self, key: TicketKey) -> Shared | None:
        """What somebody showed to the team."""
        with self._call("shared", ticket=key):
            found = self.table.records.get(("ticket", key.service, key.environment, key.key))
            return found if isinstance(found, Shared) else None

    def past(self, service: str, name: str, *, limit: int) -> tuple[Deployment, ...]:
        """The newest deployments without what makes them large."""
        with self._call("past", service=service, name=name, limit=limit):
            return tuple(
                replace(each, plan=None, new=(), commands=(), output="", package=None)
                for each in self._deployments(service, name)[:limit]
            )

    def _deployments(self, service: str, name: str) -> list[Deployment]:
        made = [
            each
            for each in self.table.records.values()
            if isinstance(each, Deployment) and (each.service, each.environment) == (service, name)
        ]
        return sorted(made, key=lambda each: int(each.id.rpartition("-")[2]), reverse=True)

    def history(
        self, service: str, name: str, *, limit: int | None = 50, before: int = 0
    ) -> tuple[History, ...]:
        """As they are stored, newest first."""
        with self._call("history", service=service, name=name, limit=limit, before=before):
            lines = [
                line
                for line in self.table.history
                if (line.service, line.environment) == (service, name)
                and (not before or line.number < before)
            ]
            return tuple(lines[::-1][:limit])

    def history_head(self, service: str, name: str) -> Head:
        """Number and hash of the newest line."""
        with self._call("history_head", service=service, name=name):
            return self.table.heads.get((service, name), Head())

    def builds(self, service: str, *, limit: int = 10) -> tuple[Build, ...]:
        """The builds that were reported last, newest first."""
        with self._call("builds", service=service, limit=limit):
            found = [
                each
                for each in self.table.records.values()
                if isinstance(each, Build) and each.service == service
            ]
            return tuple(sorted(found, key=lambda each: each.reported_at, reverse=True)[:limit])

    def build(self, service: str, version: str) -> Build | None:
        """One build."""
        with self._call("build", service=service, version=version):
            found = self.table.records.get(("build", service, version))
            return found if isinstance(found, Build) else None

    def releases(self, service: str, *, limit: int = 10) -> tuple[Release, ...]:
        """The releases of a frontend, newest first."""
        with self._call("releases", service=service, limit=limit):
            found = {each.tag: each for each in self.table.records.values() if isinstance(each, Release)}
            return tuple(found[tag] for tag in newest_first(found, service))[:limit]

    def release(self, service: str, tag: str) -> Release | None:
        """One release."""
        with self._call("release", service=service, tag=tag):
            found = self.table.records.get(("release", service, tag))
            return found if isinstance(found, Release) else None

    # --- configuration and chat ---------------------------------------------------------------------------------

    def team(self, version: int | None = None) -> Team:
        """A published configuration; versions count from 1."""
        with self._call("team", version=version):
            published = self.table.configurations
            wanted = len(published) if version is None else version
            if not 1 <= wanted <= len(published):
                raise Refused(Reason.NOT_CONFIGURED)
            granted = self.table.records.get(("grants",)) if version is None else None
            grants = granted if isinstance(granted, Grants) else Grants()
            return Team(wanted, _copied(published[wanted - 1]), grants)

    def publish(self, raw: dict[str, object]) -> int:
        """Store a new version."""
        with self._call("publish", raw=raw), self._one_at_a_time:
            self.table.configurations.append(_copied(raw))
            return len(self.table.configurations)

    def updates(self) -> Updates:
        """The latest updates of the service itself."""
        with self._call("updates"):
            found = self.table.records.get(("updates",))
            return found if isinstance(found, Updates) else Updates()

    def visit(self, who: Actor) -> Visit | None:
        """When somebody opened their home last."""
        with self._call("visit", who=who):
            found = self.table.records.get(("visit", str(who)))
            return found if isinstance(found, Visit) else None

    def visits(self) -> tuple[Visit, ...]:
        """Everybody who opened theirs."""
        with self._call("visits"):
            return tuple(each for each in self.table.records.values() if isinstance(each, Visit))

    def post(self, ref: Ref, key: str) -> Posted | None:
        """What chat was told under a key."""
        with self._call("post", ref=ref, key=key):
            return self.table.posts.get((ref, key))

    def posts(self, ref: Ref) -> dict[str, Posted]:
        """All that chat was told about a record."""
        with self._call("posts", ref=ref):
            return {key: posted for (about, key), posted in self.table.posts.items() if about == ref}

    def save_post(self, ref: Ref, key: str, posted: Posted) -> None:
        """Remember a message."""
        with self._call("save_post", ref=ref, key=key, posted=posted):
            self.table.posts[ref, key] = posted


def _copied(raw: dict[str, object]) -> dict[str, object]:
    """As it is stored; a tenth of what a deep copy takes."""
    copied: dict[str, object] = json.loads(json.dumps(raw))
    return copied
