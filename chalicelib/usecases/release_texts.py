"""A frontend's release as chat shows it: announced when it was pushed, and in the list of what could be enabled."""

from collections.abc import Sequence

from chalicelib.domain.deployment import Deployment
from chalicelib.domain.pushed import Release
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.texts import plain, size

_BUTTONS = 5
_UNTOLD = (
    "⚠️ The CDN could not be told to forget what changed. Pages are asked about anyway; other files that kept their "
    "name may be shown as they were for as long as their `Cache-Control` says."
)
_NOT_SHOWN = "Nothing is shown to visitors until somebody enables it."
_GONE = "It was cleaned up since, and can not be enabled any more: newer ones are kept."


def release_message(release: Release, environments: Sequence[str]) -> Message:
    """A release that was pushed, with a button for each environment, those that it was meant for first; none once it
    was cleaned up."""
    version = f" (version `{plain(release.version)}`)" if release.version else ""
    meant = f" It was pushed for {' and '.join(release.environments)}." if release.environments else ""
    order = sorted(environments, key=lambda each: each not in release.environments)
    offered = () if release.gone else order[:_BUTTONS]
    return Message(
        summary=f"📦 Release {plain(release.tag)} of {release.service} was pushed.",
        lines=(
            f"📦 Release *{plain(release.tag)}* of *{release.service}*{version} was pushed: {extent(release)}.",
            f"{since(release)} {_GONE if release.gone else _NOT_SHOWN + meant}",
        ),
        notes=(origin(release),),
        actions=tuple(enable(release, each, f"Enable in {each}") for each in offered),
    )


def untold(deployment: Deployment) -> tuple[str, ...]:
    """What everybody has to know of a CDN that could not be told; nothing where it was."""
    return (_UNTOLD,) if deployment.untold else ()


def extent(release: Release) -> str:
    """How large it is."""
    return f"{release.files} file{'' if release.files == 1 else 's'}, {size(release.bytes)}"


def since(release: Release) -> str:
    """What is different from the release that was pushed before it."""
    if not release.before:
        return "It is the first one."
    counts = changes(release.added, release.changed, release.removed)
    return f"Since `{plain(release.before)}`: {counts}."


def changes(added: int, changed: int, removed: int) -> str:
    """Numbers of files in words."""
    counts = (
        f"{number} {what}"
        for number, what in ((added, "added"), (changed, "changed"), (removed, "removed"))
        if number
    )
    return ", ".join(counts) or "no file is different"


def origin(release: Release) -> str:
    """Which commit, and who told."""
    commit = f"`{plain(release.commit[:12])}` · " if release.commit else ""
    return f"{commit}reported by {plain(release.reported_by.user)}"


def enable(release: Release, environment: str, label: str) -> Action:
    """The button that enables a release: the command that could be typed."""
    return Action("deploy", label, f"{release.service}@{release.tag} to {environment}")
