"""The workspace that the sandbox plays: its people, its channel, the installed app and its credentials."""

from __future__ import annotations

from dataclasses import dataclass

TEAM_ID = "T0SANDBOX"
TEAM_DOMAIN = "sandbox"
APP_ID = "A0POINTSMAN"
BOT_USER_ID = "U0POINTSMAN"
BOT_ID = "B0POINTSMAN"
BOT_NAME = "Pointsman"
DEPLOYS = "C0DEPLOYS"
STAGING = "C0STAGING"
CHANNELS = {DEPLOYS: "deploys", STAGING: "staging"}
"""Names by id; `open_channels` adds to them before the front starts."""
SIGNING_SECRET = "sandbox-signing-secret"
BOT_TOKEN = "xoxb-sandbox-bot-token"


@dataclass(frozen=True)
class Person:
    """Somebody in the channel, called by what they do; `about` is shown beside the name on the page."""

    id: str
    name: str
    about: str

    @property
    def handle(self) -> str:
        """The short name that Slack sends as `user_name`."""
        return self.name.lower()


PEOPLE = {
    person.id: person
    for person in (
        Person("U0DEPLOYER", "Deployer", "may start deployments"),
        Person("U0APPROVER", "Approver", "may confirm what others start"),
        Person("U0LEAD", "Lead", "may start and confirm"),
        Person("U0GUEST", "Guest", "has no role"),
    )
}


def person(name_or_id: str) -> Person:
    """Somebody by id or by name, in any case. Raises KeyError where nobody is called so."""
    for known in PEOPLE.values():
        if name_or_id == known.id or name_or_id.lower() == known.handle:
            return known
    raise KeyError(name_or_id)


def open_channels(number: int) -> list[str]:
    """Open channels for further teams, C0TEAM00 and so on; returns their ids."""
    opened = {f"C0TEAM{each:02}": f"team-{each:02}" for each in range(number)}
    CHANNELS.update(opened)
    return list(opened)


def display_name(user_id: str) -> str:
    """The name people see for a user id; an unknown id stays as it is."""
    if user_id == BOT_USER_ID:
        return BOT_NAME
    return PEOPLE[user_id].name if user_id in PEOPLE else user_id
