"""Flows of the service itself, as data: an update that is told, pushed, or never heard of again."""

from collections.abc import Callable

from chalicelib.domain.updates import Stage
from tests.builders import APPROVER, LEAD
from tests.faults.acts import always, an_admin, click, flow, happens, say, swept, wait
from tests.faults.run import Run


def _updates(stage: Stage) -> Callable[[Run], bool]:
    """How far the newest update is, in the table and in the channel."""

    def seen(run: Run) -> bool:
        latest = run.account.store.updates().latest
        told = " ".join(each.text for each in run.account.slack.messages)
        return bool(latest) and latest[0].stage is stage and "Update" in told

    return seen


def _build_ends(run: Run) -> None:
    newest = next(reversed(run.account.codebuild.builds))
    run.account.codebuild.end(newest)
    run.pipeline(newest)


def _build_fails(run: Run) -> None:
    newest = next(reversed(run.account.codebuild.builds))
    run.account.codebuild.end(newest, "FAILED", "COMMAND_EXECUTION_ERROR: make deploy: exit status 2")
    run.pipeline(newest)


def _pushed(run: Run) -> None:
    run.pipeline(run.account.codebuild.push("e" * 40))


TOLD = (
    happens("there is an admin", an_admin),
    say("update", LEAD, _updates(Stage.ASKED)),
    click("confirm", APPROVER, _updates(Stage.BUILDING)),
)
UPDATES = (
    flow("told to update itself", *TOLD, happens("it is built", _build_ends, _updates(Stage.DONE)), ends=()),
    flow(
        "updated by a push",
        happens("pushed", _pushed, _updates(Stage.BUILDING)),
        happens("it does not build", _build_fails, _updates(Stage.FAILED)),
        happens("pushed again", _pushed, _updates(Stage.BUILDING)),
        happens("it is built", _build_ends, _updates(Stage.DONE)),
        ends=(),
    ),
    flow(
        "nothing heard of an update",
        *TOLD,
        wait(3_700, always),
        happens("swept", swept, _updates(Stage.FAILED)),
        ends=(),
    ),
)
"""The service itself."""
