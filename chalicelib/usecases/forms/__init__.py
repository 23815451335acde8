"""Forms for people who do not want to type, each for one command."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.form_commands import OpenForm
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.forms import deploying, people, places, rejecting
from chalicelib.usecases.forms.shape import Asked, FormKind, Values, field_of, opened
from chalicelib.usecases.ports import Store

__all__ = ["KINDS", "command_of", "field_of", "form_for"]

KINDS: dict[str, FormKind] = {**deploying.KINDS, **rejecting.KINDS, **places.KINDS, **people.KINDS}
"""By the verb of the command that a form means."""


def form_for(store: Store, team: Team, command: OpenForm, by: Actor, now: float) -> Reply:
    """The form that was asked for, with what to type where it can not be opened."""
    return opened(Asked(store, team, command, by, now), KINDS[command.verb])


def command_of(kind: str, about: str, values: Values) -> str:
    """The command that a form means; Refused where its fields contradict each other."""
    if kind not in KINDS:
        raise Refused(Reason.UNKNOWN_COMMAND, given=kind, hint="")
    return KINDS[kind].typed(about, values)
