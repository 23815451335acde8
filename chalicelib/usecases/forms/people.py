"""Grant a role, or take it away."""

from chalicelib.domain.policy import Role, holds, require
from chalicelib.usecases.chat_ports import Field, Form, Option
from chalicelib.usecases.forms.shape import MOST_PLACES, Asked, FormKind, Values, said
from chalicelib.usecases.role_texts import DOING, MAY

_EVERYWHERE = "*"
"""No service is called so."""
_TITLES = {"grant": ("Grant a role", "Grant"), "revoke": ("Revoke a role", "Revoke")}


def _shown(asked: Asked) -> Form:
    verb = asked.command.verb
    title, submit = _TITLES[verb]
    fields = (
        Field("who", "Who", people=True),
        Field("role", "Role", tuple(Option(each.value, f"{each}: {MAY[each]}") for each in Role), few=True),
        _for(asked),
    )
    line = "Whoever becomes approver or admin, or stops being one, is confirmed by a second person."
    return Form(verb, title, submit, fields, lines=(line,))


def _for(asked: Asked) -> Field:
    """The services of which this person is an admin; Refused where there is none."""
    team, by = asked.team, asked.by
    services = [each for each in sorted(team.services()) if holds(team, by, Role.ADMIN, each)]
    everywhere = holds(team, by, Role.ADMIN)
    if not services and not everywhere:
        require(team, by, Role.ADMIN, DOING[asked.command.verb])
    options = [Option(_EVERYWHERE, "All services")] if everywhere else []
    options += [Option(each, each) for each in services]
    return Field("for", "For", tuple(options[:MOST_PLACES]), chosen=options[0].value)


def _grant(_about: str, values: Values) -> str:
    return f"grant {_typed(values)}"


def _revoke(_about: str, values: Values) -> str:
    return f"revoke {_typed(values)}"


def _typed(values: Values) -> str:
    service = said(values, "for")
    where = "" if service in {"", _EVERYWHERE} else f" on {service}"
    return f"{said(values, 'who')} {said(values, 'role')}{where}"


KINDS = {"grant": FormKind(_shown, _grant), "revoke": FormKind(_shown, _revoke)}
