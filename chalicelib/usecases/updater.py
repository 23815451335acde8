"""Begin the updates that were confirmed, and follow every build of the pipeline, also those that a push began.

Called with what the table's stream and the pipeline's events say has changed, once or many times, in any order: what is
done is read from the table and from the pipeline. An event that never came is noticed by the sweeper (`give_up`).
"""

from dataclasses import replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE, ci
from chalicelib.domain.roles import TEAM
from chalicelib.domain.updates import UPDATES, Stage, Update
from chalicelib.usecases import update_texts
from chalicelib.usecases.ports import Clock, Save, Store
from chalicelib.usecases.update_ports import Building, Installed, Pipeline, PipelineBuild

PUSH = ci("push")
"""Who asks where a push begins an update: its author is the repository's to say."""
_UNHEARD_OF = (
    "nothing was heard of it for an hour; look at the pipeline's newest build and at the stack's events"
)


class Updater:
    """Updates from their confirmation to their end."""

    def __init__(self, store: Store, pipeline: Pipeline, clock: Clock, installed: Installed) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock
        self._installed = installed

    def begin(self) -> None:
        """Start the builds of updates that were confirmed. Raises Conflict where somebody else wrote: call it again."""
        for each in self._store.updates().latest:
            if each.stage is not Stage.CONFIRMED:
                continue
            try:
                build = self._pipeline.start(each.id, each.wanted)
            except Refused as refused:
                _save(self._store, self._clock, replace(each, why=refused.text), Stage.FAILED)
            else:
                _save(self._store, self._clock, replace(each, build=build), Stage.BUILDING)

    def heard(self, build: str) -> None:
        """Something happened to a build: look at it, and note how far its update is. Raises Conflict as above."""
        seen = self._pipeline.build(build)
        updates = self._store.updates()
        known = updates.of_build(build) or updates.find(seen.update)
        update = known or self._pushed(seen)
        if update.ended:
            return
        told = replace(update, build=build, log=seen.log)
        if seen.building is Building.SUCCEEDED:
            _save(self._store, self._clock, replace(told, after=seen.revision), Stage.DONE)
        elif seen.building is Building.FAILED:
            _save(self._store, self._clock, replace(told, why=seen.why), Stage.FAILED)
        elif told != known or told.stage is not Stage.BUILDING:
            _save(self._store, self._clock, told, Stage.BUILDING)

    def _pushed(self, seen: PipelineBuild) -> Update:
        now = self._clock.now()
        return Update(
            id=f"update-{seen.id.rpartition(':')[2][:8]}",
            requester=PUSH,
            at=now,
            stage=Stage.CONFIRMED,
            changed_at=now,
            wanted=seen.revision,
            before=self._installed.revision,
        )


def give_up(store: Store, clock: Clock) -> int:
    """End the updates of which nothing was heard for too long; how many there were. Raises Conflict as above."""
    left = [each for each in store.updates().latest if each.unheard_of(clock.now())]
    for each in left:
        _save(store, clock, replace(each, why=_UNHEARD_OF), Stage.FAILED)
    return len(left)


def _save(store: Store, clock: Clock, update: Update, stage: Stage) -> None:
    """How far an update is now, with a line of history where it is a step further."""
    now, updates = clock.now(), store.updates()
    before = updates.find(update.id)
    after = update.at_stage(stage, now)
    line = History(TEAM, UPDATES, update.id, now, SERVICE, f"update_{stage}", update_texts.recorded(after))
    further = before is None or before.stage is not stage
    store.commit(Save(updates.with_(after)), *([line] if further else []))
