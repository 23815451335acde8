"""Which version is live where, since when and by whom, and what is under way."""

from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.people import Actor
from chalicelib.domain.reading import Where
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.holding import holding
from chalicelib.usecases.paging import page
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import live, plain
from chalicelib.usecases.words import state_name

SIZE = 10
"""Environments on a page: four reads for each at most."""


def where(store: Store, team: Team, asked: Where, now: float) -> Reply:
    """A page of environments. Reads: at most four items for each of ten environments; Refused where the service is
    unknown."""
    known = team.services()
    if asked.service and asked.service not in known:
        team.environment(asked.service, "")
    services = [asked.service] if asked.service else sorted(known)
    pairs = [(service, name) for service in services for name in known[service]]
    some = page(pairs, asked.page, SIZE, "where", asked.service)
    lines: list[str] = []
    last = ""
    for service, name in some.shown:
        if service != last:
            lines.append(f"*{service}*")
            last = service
        environment = store.environment(service, name)
        lines += [*_lines(store, environment), *(f"    {each}" for each in holding(environment, now))]
    return Reply("\n".join([*lines, *some.notes]) or "Nothing is configured.", some.actions)


def _lines(store: Store, environment: Environment) -> list[str]:
    slots = (environment.active, environment.keeping)
    held = [slot.deployment for slot in slots if slot is not None]
    ids = dict.fromkeys(each for each in (environment.live_deployment, *held) if each)
    refs = (Ref(environment.service, environment.name, each) for each in ids)
    found = {ref.deployment: store.deployment(ref) for ref in refs}
    by = _by(found.get(environment.live_deployment)) if environment.live_version else ""
    lines = [f"• *{environment.name}*: {live(environment)}{by}"]
    for identifier in held:
        made = found[identifier]
        if made is not None:
            lines.append(
                f"    under way: *{made.id}* (`{plain(made.version)}`), {state_name(made)}{_asked_by(made)}"
            )
    return lines


def _by(made: Deployment | None) -> str:
    if made is None:
        return ""
    confirmed = made.finish_confirmed_by or made.confirmed_by
    return f"{_asked_by(made)}{f', confirmed by {_person(confirmed)}' if confirmed else ''}"


def _asked_by(made: Deployment) -> str:
    return f", asked for by {_person(made.requester)}"


def _person(actor: Actor) -> str:
    return f"{{person:{actor}}}"
