"""What the service knows of a frontend's release: that it was pushed, its manifest's digest, and what was different.

The files themselves are named by the manifest in the bucket (domain/release.py); a report of another manifest under
the same tag is refused, so that what people confirm is what was pushed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}\Z")
"""Versions reach commands on hosts, so they pass an allow-list: no spaces, quotes, slashes or leading dashes."""
TAG = re.compile(
    r"([a-z][a-z0-9-]{0,31})_"
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2})(?:-([1-9][0-9]{0,3}))?\Z",
    re.ASCII,
)
"""Service, time and, where it is not the first of its minute, number. Also a version as VERSION allows it: no service
has an underscore, and 54 characters are enough."""

MOST = 400
"""Builds or releases that are looked through: more than the hundred that a frontend may keep, and few enough for one
page of a query."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of one frontend. `bytes` and the counts are of files; `environments` are those it was meant for;
    `cleaned_at` is when its manifest was found to be cleaned up, 0 while it is there."""

    service: str
    tag: str
    manifest: str
    reported_by: Actor
    reported_at: float
    files: int = 0
    bytes: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    before: str = ""
    version: str = ""
    commit: str = ""
    environments: tuple[str, ...] = ()
    cleaned_at: float = 0.0
    revision: int = 0

    @property
    def gone(self) -> bool:
        """Whether it was cleaned up, so that it can not be enabled any more."""
        return self.cleaned_at > 0

    def updated(self, report: "Release") -> "Release":
        """This release after it was reported again: what it is stays, for whom it is meant may grow."""
        meant = dict.fromkeys((*self.environments, *report.environments))
        return replace(self, environments=tuple(meant))


def enableable(service: str, asked: str | None, releases: Sequence[Release]) -> Release:
    """The release to enable: the one whose tag or version is asked for, else the newest; `releases` come newest first.

    Refused where there is none, or where it was cleaned up.
    """
    if not releases:
        raise Refused(Reason.NO_RELEASE, service=service)
    fitting = [each for each in releases if asked in {None, each.tag, each.version}]
    found = next((each for each in fitting if not each.gone), None)
    if found is not None:
        return found
    if fitting:
        raise Refused(Reason.RELEASE_MISSING, tag=fitting[0].tag)
    known = ", ".join([f"`{each.tag}`" for each in releases if not each.gone][:3])
    raise Refused(Reason.UNKNOWN_RELEASE, service=service, tag=asked or "", known=known)
