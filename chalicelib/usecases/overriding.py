"""What keeps somebody from deploying to an environment that is free, and how it is put aside, for all to see."""

from chalicelib.domain.commands import Deploy
from chalicelib.domain.deployment import Deployment, Environment
from chalicelib.domain.errors import Refused
from chalicelib.domain.freezes import frozen
from chalicelib.domain.locks import Hindrance, Overridden, Override
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings
from chalicelib.usecases import texts
from chalicelib.usecases.texts import plain

_REASONS = {
    Hindrance.LOCK: Reason.LOCKED,
    Hindrance.FREEZE: Reason.FROZEN,
    Hindrance.TURN: Reason.OTHERS_TURN,
}


def hindrances(
    environment: Environment, settings: EnvironmentSettings, actor: Actor, now: float
) -> tuple[Overridden, ...]:
    """What is in somebody's way in an environment that no deployment holds."""
    found = []
    lock = environment.lock
    if lock is not None and lock.actor != actor and now < lock.until:
        found.append(Overridden(Hindrance.LOCK, lock.until, lock.actor, lock.reason))
    freeze = frozen(settings.freezes, now)
    if freeze is not None:
        found.append(Overridden(Hindrance.FREEZE, freeze.until, reason=freeze.reason))
    first = environment.queue[0] if environment.queue else None
    if first is not None and first.offered_at and first.actor != actor and now < first.offered_until:
        found.append(Overridden(Hindrance.TURN, first.offered_until, first.actor))
    return tuple(found)


def allowed(
    environment: Environment, settings: EnvironmentSettings, command: Deploy, actor: Actor, now: float
) -> Override | None:
    """Nothing where the way is free, the override where one was asked for; else Refused with what is in the way."""
    found = hindrances(environment, settings, actor, now)
    if not found:
        return None
    if command.override:
        return Override(actor, command.override, found)
    first = found[0]
    raise Refused(
        _REASONS[first.what],
        service=command.service,
        environment=command.environment,
        wanted=wanted(command.service, command.version),
        who=f"{{person:{first.actor}}}",
        when=f"{{when:{first.until:.0f}}}",
        why=sentence(first.reason),
    )


def wanted(service: str, version: str | None) -> str:
    """What is to be deployed, as it is typed."""
    return f"{service}@{version}" if version else service


def told(override: Override) -> str:
    """What everybody reads: what was put aside, by whom and why."""
    parts = "; ".join(_put_aside(each) for each in override.over)
    return f"⚠️ {{person:{override.by}}} starts this in spite of {parts}. Reason: {sentence(override.reason)}"


def warnings(deployment: Deployment) -> tuple[str, ...]:
    """What everybody who decides about a deployment has to know of how it came."""
    override = told(deployment.override) if deployment.override is not None else ""
    return tuple(each for each in (override, asked_in_freeze(deployment.finish_note)) if each)


def recorded(override: Override) -> str:
    """The same for history."""
    kinds = ", ".join(each.what.value for each in override.over)
    return f"{kinds}: {override.reason}"


def freeze_note(settings: EnvironmentSettings, now: float) -> str:
    """What whoever confirms a switch in a freeze has to know, and history; nothing where none is in force."""
    freeze = frozen(settings.freezes, now)
    return f"in a freeze: {freeze.reason}" if freeze is not None else ""


def asked_in_freeze(note: str) -> str:
    """The same for everybody; nothing where there was no freeze."""
    return f"⚠️ The switch was asked for {plain(note)}" if note else ""


def _put_aside(each: Overridden) -> str:
    until = f"until {{when:{each.until:.0f}}}"
    if each.what is Hindrance.LOCK:
        return f"the lock of {{person:{each.actor}}} {until} ({_aside(each.reason)})"
    if each.what is Hindrance.FREEZE:
        return f"a freeze {until} ({_aside(each.reason)})"
    return f"the turn of {{person:{each.actor}}}"


def _aside(reason: str) -> str:
    return plain(reason).strip().removesuffix(".")


def sentence(reason: str) -> str:
    """A reason from outside that more words follow."""
    said = plain(reason).strip()
    return texts.sentence(said) if said else ""
