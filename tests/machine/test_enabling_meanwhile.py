"""One environment is cleaned up after a release while another enables one, their requests of S3 and the table in any
order, the adapters real: what is live stays whole (I13)."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.domain.deployment import Environment, Machine, Phase, Ref, Slot, State
from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.release import (
    File,
    Manifest,
    decode,
    live_key,
    manifest,
    manifest_key,
    object_key,
)
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.steps.cleaning import CleanupSteps
from chalicelib.usecases.steps.frontend import FrontendSteps
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.work import StepEvent, run
from cli.push.pushing import Clock, Plan, Wanted, plan, push
from cli.push.scan import Local, Scan
from tests.builders import NOW, deployment, raw_config
from tests.fakes.bucket import FakeBucket, Object
from tests.fakes.releases import FakeCdn, FakeViewer, Website
from tests.fakes.s3_store import FakeS3Store
from tests.fakes.store import FakeStore
from tests.fakes.turns import CLEAN, OTHER, Turns
from tests.fakes.workflow import FakeWorkflow
from tests.machine.driver import Machine as Driver
from tests.machine.release_rig import web
from tests.machine.talking import Talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, LIVE, NEW = (f"web_2026-08-2{day}_14-05" for day in (1, 2, 3))
BODIES = {OLD: ("index old", "old"), LIVE: ("index live", "live"), NEW: ("index new", "new")}
PUSHED = ("index pushed", "old again")
"""What is pushed meanwhile has a path that stands in the folder since long ago, and that no kept release has."""
LONG_AGO = NOW - 30 * 86_400
CLEANING = Ref("web", "production", "web-production-1")


def path(body: str) -> str:
    """By its first word."""
    name = body.partition(" ")[0]
    return f"{name}.html" if name == "index" else f"{name}.js"


def files(bodies: tuple[str, ...]) -> list[File]:
    """A page and what it refers to."""
    return [
        File(
            path(each),
            hashlib.sha256(each.encode()).hexdigest(),
            len(each),
            "text/html",
            "no-cache",
            page=each.startswith("index"),
        )
        for each in bodies
    ]


def bucket_of_long_ago() -> FakeBucket:
    """Three releases, one of them too many; the folders hold what is live and what is left of the oldest."""
    bucket = FakeBucket(at=NOW)
    for tag, bodies in BODIES.items():
        made = manifest("web", tag, files(bodies), int(LONG_AGO))
        bucket.objects_[manifest_key(tag)] = Object(made.encode(), LONG_AGO)
        for each, body in zip(files(bodies), bodies, strict=True):
            bucket.objects_[object_key(each)] = Object(body.encode(), LONG_AGO)
    for folder, tag in (("staging", LIVE), ("production", NEW)):
        for body in ("old", *BODIES[tag]):
            bucket.objects_[live_key(folder, path(body))] = Object(body.encode(), LONG_AGO)
    return bucket


def table() -> FakeStore:
    """Production has enabled the newest and cleans up; staging is free."""
    raw = raw_config()
    raw["services"]["web"] = web(pointed=False, keep=2)
    plain = {
        "protected": False,
        "channel": "C0DEPLOYS",
        "timeouts": raw["services"]["web"]["environments"]["production"]["timeouts"],
    }
    raw["services"]["web"]["environments"] = {"production": plain, "staging": plain}
    store = FakeStore(raw)
    keeps = Slot(CLEANING.deployment, 1, NOW)
    store.put(Environment("web", "production", counter=1, fence=1, live_version=NEW, keeping=keeps))
    store.put(Environment("web", "staging", live_version=LIVE))
    made = {"service": "web", "id": CLEANING.deployment, "version": NEW, "machine": Machine.RELEASE}
    phases = (Phase(State.ACCEPTED, LONG_AGO), Phase(State.RETIRING, NOW))
    store.put(deployment(State.RETIRING, **made, outcome=State.SUCCEEDED, phases=phases))
    for tag, bodies in BODIES.items():
        store.put(reported(manifest("web", tag, files(bodies), int(LONG_AGO))))
    return store


def reported(made: Manifest) -> Release:
    """As `pointsman push` reports it."""
    return Release("web", made.tag, made.digest, ci("jenkins"), NOW, len(made.files))


class InTurn:
    """The table, where each call waits for its turn; not for the configuration, which nobody changes (and which Python
    3.11 reads under a lock of `cached_property`)."""

    def __init__(self, store: FakeStore, turn: Callable[[], None]) -> None:
        self._store, self._turn = store, turn

    def __getattr__(self, name: str) -> Callable[..., object]:
        call: Callable[..., object] = getattr(self._store, name)

        def wait(*given: object, **named: object) -> object:
            if name != "team":
                self._turn()
            return call(*given, **named)

        return wait


class Silent:
    """Nobody watches."""

    def begin(self, plan: Plan) -> None:
        """Nothing."""

    def done(self, file: File) -> None:
        """Nothing."""

    def waits(self, seconds: float) -> None:
        """Nothing."""


class Elsewhere(Talking):
    """Somebody enables a release in staging: their table and bucket, and the machine."""

    def __init__(self, store: FakeStore, bucket: FakeBucket, turns: Turns) -> None:
        turn = lambda: turns.take(OTHER)  # noqa: E731  # a name of its own for what two things wait for
        self.bucket, self.turns = bucket, turns
        self.store = cast("FakeStore", InTurn(store, turn))
        workflow, clock = FakeWorkflow(), cast("Any", turns)
        self.chatops = ChatOps(self.store, workflow, clock)
        served = FakeS3Store(bucket, turn, turns.deletion)
        releases = S3Releases(lambda _name: cast("Any", served), lambda _bucket, _key: "", threads=1)
        site = Website()
        steps = {
            "frontend": FrontendSteps(releases, FakeCdn(site), FakeViewer(site, "")),
            "ledger": LedgerSteps(workflow),
        }
        self.machine = Driver(self.store, workflow, clock, steps)
        self._events = (f"slack-{number}" for number in count(1))
        bucket.turn = turn

    def enable(self, tag: str) -> None:
        """Until it is live, or has failed."""
        with suppress(Refused):
            self.say(f"web@{tag} to staging")

    def push_and_enable(self, folder: Path) -> None:
        """At once, as CI would."""
        found = Scan(files(PUSHED), {path(each): Local(folder / each) for each in PUSHED})
        planned = plan(self.bucket, found, Wanted("web", self.turns.now()))
        made = push(self.bucket, found, planned, Silent(), Clock(self.turns.now, self.turns.sleep))
        self.store.put(reported(made))
        self.enable(made.tag)


def clean_up(store: FakeStore, bucket: FakeBucket, turns: Turns) -> None:
    """As the machine does: again while there is more, and in the end it closes."""
    turn = lambda: turns.take(CLEAN)  # noqa: E731  # as above
    mine = cast("Any", InTurn(store, turn))
    served = FakeS3Store(bucket, turn, turns.deletion)
    steps = CleanupSteps(S3Cleaner(lambda _name: cast("Any", served), turns))
    for _ in range(9):
        try:
            run(steps, mine, turns, StepEvent("CleanUp", CLEANING))
            break
        except (NotReady, Unavailable):
            continue
    run(LedgerSteps(FakeWorkflow()), mine, turns, StepEvent("Close", CLEANING))


def missing(store: FakeStore, bucket: FakeBucket) -> list[str]:
    """What environments show and need, and is not there as it was pushed."""
    lost = []
    for environment in ("production", "staging"):
        tag = store.environment("web", environment).live_version
        for each in decode(bucket.objects_[manifest_key(tag)].content).files:
            found = bucket.objects_.get(live_key(environment, each.path))
            if found is None or hashlib.sha256(found.content).hexdigest() != each.sha256:
                lost.append(f"{environment} {tag} {each.path}")
    return lost


def both(order: list[str | int], act: Callable[[Elsewhere], None]) -> str:
    """Both at once, in this order; what staging shows in the end."""
    store, bucket, turns = table(), bucket_of_long_ago(), Turns(list(order), NOW)
    failed: list[BaseException] = []

    def clean() -> None:
        try:
            clean_up(store, bucket, turns)
        except BaseException as error:  # noqa: BLE001  # told to the test
            failed.append(error)
        finally:
            turns.end(CLEAN)

    elsewhere = Elsewhere(store, bucket, turns)
    thread = threading.Thread(target=clean)
    thread.start()
    try:
        act(elsewhere)
    finally:
        turns.end(OTHER)
        thread.join(30)
    assert failed == []
    assert missing(store, bucket) == []
    return store.environment("web", "staging").live_version


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is pushed."""
    root = tmp_path_factory.mktemp("bodies")
    for each in PUSHED:
        (root / each).write_text(each)
    return root


BURSTS = st.tuples(st.sampled_from([OTHER, CLEAN]), st.integers(1, 16)).map(lambda each: [each[0]] * each[1])
ORDER = st.lists(BURSTS | st.sampled_from([[20], [60]]), max_size=12).map(
    lambda bursts: [each for burst in bursts for each in burst]
)


@pytest.mark.parametrize("first", [OTHER, CLEAN])
def test_what_is_pushed_and_enabled_meanwhile_stays_whole(folder: Path, first: str) -> None:
    """After any number of requests of the one comes all of the other."""
    other = CLEAN if first == OTHER else OTHER
    for requests in range(0, 60, 2 if first == OTHER else 1):
        shown = both([*[first] * requests, *[other] * 400], lambda each: each.push_and_enable(folder))
        assert shown not in BODIES


@pytest.mark.parametrize("first", [OTHER, CLEAN])
def test_what_is_one_too_many_is_enabled_whole_or_not_at_all(first: str) -> None:
    """Its manifest may be deleted at any moment before somebody wants it."""
    other = CLEAN if first == OTHER else OTHER
    shown = {
        both([*[first] * requests, *[other] * 400], lambda each: each.enable(OLD)) for requests in range(40)
    }
    assert shown == {OLD, LIVE}


def test_alone_it_deletes_what_is_left_of_old_releases() -> None:
    """Wherever it stands: that is what comes too late for somebody else."""
    store, bucket, turns = table(), bucket_of_long_ago(), Turns([], NOW)
    clean_up(store, bucket, turns)
    assert not [each for each in bucket.objects_ if each.endswith("/old.js") or OLD in each]
    assert missing(store, bucket) == []


@settings(max_examples=60)
@given(order=ORDER)
def test_any_order_is_as_good(folder: Path, order: list[str | int]) -> None:
    """However long anything takes."""
    both(order, lambda each: each.push_and_enable(folder))
