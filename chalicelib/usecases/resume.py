"""Take a deployment up again where its state machine stopped: the next run of it, under a number that fences the last.

One write decides it; whoever dies between it and the start leaves a record whose run has no execution, and the sweeper
starts that.
"""

from typing import Any

from chalicelib.domain.deployment import Deployment
from chalicelib.domain.history import History
from chalicelib.domain.people import Actor
from chalicelib.usecases.ports import Change, Clock, Hold, Save, Store, Workflow


def resume(
    store: Store,
    workflow: Workflow,
    clock: Clock,
    deployment: Deployment,
    by: Actor,
    *others: Change,
    event: str = "resumed",
    **changes: Any,
) -> Deployment:
    """Write the next run of a deployment, with whatever belongs to the same decision, and start it.

    Its open questions are closed: where they still matter, the new run asks them again. Raises Conflict where somebody
    else wrote first, LostLock where the environment is another's, Duplicate where `others` were seen before.
    """
    now, ref = clock.now(), deployment.ref
    resumed = deployment.resumed(now, **changes)
    asked = (question for question in store.questions(ref) if question.answer is None)
    closed = (Save(question.superseded(by, now)) for question in asked)
    hold = (Hold(ref, deployment.fence),) if deployment.fence else ()
    line = History(ref.service, ref.environment, ref.deployment, now, by, event, resumed.state)
    store.commit(Save(resumed), *hold, *closed, line, *others)
    workflow.start(ref, resumed.run, resumed.machine)
    return resumed
