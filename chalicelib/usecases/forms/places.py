"""Keep an environment, wait for it, or deploy in spite of what is in the way. Where the place is known, only what is
not is asked for."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Timeouts
from chalicelib.usecases.chat_ports import Field, Form, Option
from chalicelib.usecases.forms import deploying
from chalicelib.usecases.forms.shape import Asked, FormKind, Values, places, said, why
from chalicelib.usecases.holding import lock_line
from chalicelib.usecases.texts import duration

_LENGTHS = (1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200)
_DOING = {
    "lock": "Locking an environment",
    "unlock": "Unlocking an environment",
    "queue": "Waiting in the queue",
    "override": "Overriding a lock or a freeze",
}


def _lock(asked: Asked) -> Form:
    fields = (*_where(asked, Role.DEPLOYER), _long(asked), why())
    return Form("lock", "Lock an environment", "Lock", fields, about=_place(asked), lines=_said_where(asked))


def _long(asked: Asked) -> Field:
    """As long as the place allows; where that is not known yet, whoever sends it is told."""
    command = asked.command
    known = asked.team.environment(command.service, command.environment) if command.service else None
    limits = known.timeouts if known is not None else Timeouts()
    lengths = sorted({limits.lock, *(each for each in _LENGTHS if each <= limits.most_lock)})
    options = tuple(Option(_written(each), duration(each)) for each in lengths)
    return Field("long", "How long", options, chosen=_written(limits.lock))


def _written(seconds: int) -> str:
    """A length of time as it is typed, in its largest whole unit; of what has none, whole minutes."""
    units = (("d", 86_400), ("h", 3_600), ("m", 60))
    return next(
        (f"{seconds // one}{unit}" for unit, one in units if seconds % one == 0), f"{max(1, seconds // 60)}m"
    )


def _unlock(asked: Asked) -> Form:
    """Refused where there is no lock, or it is not this person's to end."""
    command, lines = asked.command, _said_where(asked)
    fields = _where(asked, Role.VIEWER)
    if command.service:
        environment = asked.store.environment(command.service, command.environment)
        lock = environment.lock
        if lock is None or asked.now >= lock.until:
            raise Refused(Reason.NOT_LOCKED, service=command.service, environment=command.environment)
        if lock.actor != asked.by:
            doing = "Ending somebody else's lock"
            require(asked.team, asked.by, Role.APPROVER, doing, command.service)
        lines = (*lines, lock_line(environment, asked.now))
        return Form(
            "unlock", "End a lock", "Unlock", (why(optional=lock.actor == asked.by),), _place(asked), lines
        )
    return Form("unlock", "End a lock", "Unlock", (*fields, why(optional=True)), lines=lines)


def _queue(asked: Asked) -> Form:
    fields = (*_where(asked, Role.DEPLOYER), *_version(asked))
    lines = (*_said_where(asked), "You are told in the channel when it is your turn.")
    return Form("queue", "Join a queue", "Join", fields, about=_place(asked), lines=lines)


def _override(asked: Asked) -> Form:
    fields = _where(asked, Role.APPROVER)
    if asked.command.service:
        require(asked.team, asked.by, Role.DEPLOYER, "Deploying", asked.command.service)
    fields = fields if asked.command.service else (*fields, *_version(asked))
    lines = (*_said_where(asked), "Everybody sees that you do, and why.")
    return Form(
        "override", "Deploy all the same", "Deploy", (*fields, why()), about=_place(asked), lines=lines
    )


def _where(asked: Asked, role: Role) -> tuple[Field, ...]:
    """The choice of a place; nothing where it is known. Refused where this person may not."""
    command, doing = asked.command, _DOING[asked.command.verb]
    if not command.service:
        return (places(asked, role, doing),)
    asked.team.environment(command.service, command.environment)
    require(asked.team, asked.by, role, doing, command.service)
    return ()


def _version(asked: Asked) -> tuple[Field, ...]:
    command = asked.command
    services = [command.service] if command.service else sorted(asked.team.services())
    return () if command.wanted != command.service else deploying.versions(asked, services)


def _place(asked: Asked) -> str:
    """What a form with a known place is about."""
    command = asked.command
    return f"{command.wanted} {command.environment}" if command.service else ""


def _said_where(asked: Asked) -> tuple[str, ...]:
    command = asked.command
    return (f"*{command.wanted}* in *{command.environment}*",) if command.service else ()


def _typed_lock(about: str, values: Values) -> str:
    """It always says how long: a reason may begin with `for`, too."""
    return f"lock {about or said(values, 'where')} for {said(values, 'long')} {said(values)}"


def _typed_unlock(about: str, values: Values) -> str:
    return f"unlock {about or said(values, 'where')} {said(values)}"


def _typed_queue(about: str, values: Values) -> str:
    return f"queue {_target(about, values)}"


def _typed_override(about: str, values: Values) -> str:
    return f"override {_target(about, values)} {said(values)}"


def _target(about: str, values: Values) -> str:
    """`cameras@142 to production`."""
    what, _, environment = (about or said(values, "where")).partition(" ")
    return f"{what}{deploying.version(what, values)} to {environment}"


KINDS = {
    "lock": FormKind(_lock, _typed_lock),
    "unlock": FormKind(_unlock, _typed_unlock),
    "queue": FormKind(_queue, _typed_queue),
    "override": FormKind(_override, _typed_override),
}
