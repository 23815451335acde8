"""What CI reports: a build is kept, whoever waits for it is woken, and chat announces it."""

from contextlib import suppress
from dataclasses import replace

from chalicelib.domain.approval import Answer
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.errors import Conflict, Duplicate, Refused, Unavailable
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Clock, Save, Seen, Store, Workflow
from chalicelib.usecases.releases import report_release

_TRIES = 4


def take(
    store: Store, workflow: Workflow, clock: Clock, *, source: str, event: str, about: Build | Release
) -> str:
    """A report of either kind; returns and raises what the kind's own does."""
    if isinstance(about, Release):
        return report_release(store, clock, source=source, event=event, release=about)
    return report(store, workflow, clock, source=source, event=event, build=about)


def report(store: Store, workflow: Workflow, clock: Clock, *, source: str, event: str, build: Build) -> str:
    """Take a build's report; returns `accepted` or `duplicate`. Refused where the source may not report the service.

    Whoever waits is woken also for a duplicate: the first delivery may have died between the write and the wake-up.
    """
    team = store.team()
    if build.service not in team.ci_services(source):
        raise Refused(Reason.UNKNOWN_SOURCE, source=f"{source} (for {build.service})")
    if team.frontend(build.service) is not None:
        raise Refused(
            Reason.BAD_BODY, problem=f"{build.service} is a frontend: `pointsman push` reports its releases"
        )
    said = "accepted"
    for _ in range(_TRIES):
        before = store.build(build.service, build.version)
        after = before.updated(build) if before is not None else build
        try:
            store.commit(Seen(event, clock.now()), Save(after))
        except Duplicate:
            said = "duplicate"
        except Conflict:
            continue
        _wake(store, workflow, clock, after)
        return said
    raise Unavailable("the build changed while it was being written")


def _wake(store: Store, workflow: Workflow, clock: Clock, build: Build) -> None:
    """Answer every deployment that waits for this build."""
    if build.status is BuildStatus.RUNNING:
        return
    for code in build.waiting:
        question = store.question(code)
        if question is None:
            continue
        if question.open_at(clock.now()):
            answered = replace(
                question,
                answer=Answer.REPORTED,
                answered_by=ci(build.reported_by.user),
                answered_at=clock.now(),
            )
            # Who was faster, a person who cancels or another report, decided it; the build is in the table already.
            with suppress(Conflict):
                store.commit(Save(answered))
        workflow.wake(question.token)
