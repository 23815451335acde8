"""What people read who ask what they can say: grouped, short, with examples; and more about one command."""

from chalicelib.domain.grammar import USAGE
from chalicelib.usecases.chat_ports import Action, Reply

GROUPS: dict[str, tuple[str, ...]] = {
    "Deploy": ("deploy", "plan", "finish", "cancel", "retry", "rollback", "keep", "cleanup", "form"),
    "Decide": ("confirm", "reject"),
    "Take turns": ("lock", "unlock", "locks", "queue", "leave", "ask", "override"),
    "People": ("grant", "revoke", "roles", "whoami", "update"),
    "Look": ("status", "where", "why", "versions", "history", "stats", "audit", "help"),
}
"""Every command stands in one group; a test says which is missing."""

ABOUT: dict[str, tuple[str, str]] = {
    "deploy": (
        "Starts a deployment, of the newest where no version is named; `cameras@142+web` takes a frontend along.",
        "cameras@142 to production",
    ),
    "plan": ("Shows what a deployment would do and cost, and changes nothing.", "plan cameras to production"),
    "finish": (
        "Moves traffic to the new fleet that is ready (servers only).",
        "finish cameras production",
    ),
    "cancel": (
        "Ends a deployment before anybody uses it; what was prepared is removed.",
        "cancel cameras production",
    ),
    "retry": ("Tries the step again that failed, with what is there.", "retry cameras production"),
    "rollback": (
        "Goes back to the old fleet, or to a frontend's earlier release, while that stands by.",
        "rollback cameras production",
    ),
    "keep": ("Keeps the way back longer, or ends it now.", "keep cameras production +2h"),
    "cleanup": (
        "Ends the way back now, and what it kept.",
        "cleanup web production",
    ),
    "form": (
        "A form: to deploy, lock, grant and so on.",
        "form lock cameras production",
    ),
    "confirm": ("Says yes to a question, by its code; never to one's own.", "confirm K7Q2F"),
    "reject": ("Says no, with a reason if you like.", "reject K7Q2F not before the demo"),
    "lock": (
        "Keeps others from deploying there for a while, and says why.",
        "lock cameras production for 2h looking into lost messages",
    ),
    "unlock": ("Ends a lock; whose lock it was is told.", "unlock cameras production"),
    "locks": ("What is locked, being deployed or waited for.", "locks"),
    "queue": ("Tells you in the channel when it is your turn.", "queue cameras@143 to production"),
    "leave": ("Gives up your place in the queue.", "leave cameras production"),
    "ask": ("Asks the one who holds an environment, in the channel.", "ask cameras production"),
    "override": (
        "Deploys in spite of a lock or a freeze, for everybody to see.",
        "override cameras@143 to production fixes lost messages",
    ),
    "grant": ("Gives somebody a role, for all services or one.", "grant @somebody deployer on cameras"),
    "revoke": ("Takes a role away again.", "revoke @somebody deployer on cameras"),
    "roles": ("Who may do what.", "roles cameras"),
    "whoami": ("What you may do.", "whoami"),
    "update": (
        "Updates me to my newest version, or to the one that is named.",
        "update",
    ),
    "status": ("What is live where, and what is under way.", "status cameras"),
    "where": ("Which version is live in which environment.", "where cameras"),
    "why": ("What an environment waits for, and who can help.", "why cameras production"),
    "history": ("Who did what, newest first.", "history cameras production"),
    "versions": ("What could be deployed.", "versions cameras"),
    "stats": ("How well we deploy; `shared` tells the team.", "stats cameras 30d"),
    "audit": ("Whether the history is whole.", "audit cameras production"),
    "help": ("What can be said, or more about one command.", "help keep"),
}
"""What a command does, and an example of it."""

_CLOSING = (
    "`/deploy help COMMAND` says more about one. In a protected environment another person confirms, "
    "by default within five minutes."
)
_BUTTONS = (Action("form", "Open the form", "", "primary"), Action("status", "Show the status", ""))


def help_with(about: str = "") -> Reply:
    """Everything that can be said, or one command with an example."""
    if not about:
        return Reply("\n".join([*_all(), _CLOSING]), _BUTTONS)
    says, example = ABOUT[about]
    lines = (f"*{about}*: {says}", f"Write it as `{USAGE[about]}`.", f"For example `/deploy {example}`.")
    return Reply("\n".join(lines))


def _all() -> list[str]:
    return ["\n".join([f"*{title}*", *(_line(verb) for verb in verbs)]) for title, verbs in GROUPS.items()]


def _line(verb: str) -> str:
    return f"• `{USAGE[verb]}`  {ABOUT[verb][0]}"
