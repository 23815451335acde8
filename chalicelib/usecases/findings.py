"""What chat shows of a finding: what is wrong, what it means, what somebody can do; and that it is over."""

from chalicelib.domain.findings import Finding, Trouble
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.texts import worded
from chalicelib.usecases.words.shape import Words

_WHAT: dict[Trouble, str] = {
    Trouble.STUCK: "*{deployment}* is stuck and keeps {where} for itself until somebody decides.",
    Trouble.ORPHANS: "Instances of {where} are left that nothing will end: {owner}.",
    Trouble.STANDBY_ILL: "A rollback of *{deployment}* would not be whole: the old fleet of {where} lost hosts.",
    Trouble.PARTED: "*{deployment}* is live in {where} without what it goes with.",
}
_MEANS: dict[Trouble, str] = {
    Trouble.STUCK: "*Retry* goes on from where it stopped. *Release* leaves it there: {release}",
    Trouble.ORPHANS: "They cost money and take no part in anything. `docs/operations.md` says how to end them by hand.",
    Trouble.STANDBY_ILL: (
        "Traffic is not touched. Until it is mended, going back means deploying the earlier version. "
        "If the way back is not needed, the old fleet can end now."
    ),
    Trouble.PARTED: (
        "Neither can go back by one move any more. Look whether they fit each other as they are; if not, deploy the "
        "other one again, or the version of this one that was live before."
    ),
}
_OVER: dict[Trouble, str] = {
    Trouble.STUCK: "*{deployment}* is not stuck any more.",
    Trouble.ORPHANS: "The instances that were left in {where} are gone.",
    Trouble.STANDBY_ILL: "*{deployment}* has no ill host in its old fleet any more, or no way back to keep.",
    Trouble.PARTED: "Another version took the place of *{deployment}*, or the two are live together.",
}


def finding_message(finding: Finding, words: Words) -> Message:
    """A finding; once it is resolved it says so and has no buttons."""
    facts = {
        "deployment": finding.deployment,
        "where": f"`{finding.service}` in *{finding.environment}*",
        "owner": f"*{finding.deployment}* ended without them"
        if finding.deployment
        else "no record knows them",
        "release": words.buttons.release[0].lower() + words.buttons.release[1:],
    }
    what = _WHAT[finding.trouble].format_map(facts)
    if not finding.open:
        over = f"✅ {_OVER[finding.trouble].format_map(facts)} Resolved {{when:{finding.resolved_at:.0f}}}."
        return Message(summary=_unmarked(over), lines=(over, f"It was: {_harmless(finding.detail)}"))
    return Message(
        summary=f"🆘 {_unmarked(what)}",
        lines=(f"🆘 {{team}} {what}", _harmless(finding.detail), _MEANS[finding.trouble].format_map(facts)),
        actions=_buttons(finding, words),
        notes=(f"found {{when:{finding.found_at:.0f}}} · {finding.trouble}",),
    )


def _buttons(finding: Finding, words: Words) -> tuple[Action, ...]:
    """What a person can do about it from here."""
    where = f"{finding.service} {finding.environment}"
    value = f"{where} {finding.deployment}"
    if finding.trouble is Trouble.STUCK:
        return (
            Action("retry", "Retry", value, "primary"),
            Action("cancel", "Release", value, "", words.buttons.release),
        )
    if finding.trouble is Trouble.STANDBY_ILL:
        return (
            Action(
                "keep", words.buttons.end, f"{where} end {finding.deployment}", "", words.buttons.sure_to_end
            ),
        )
    return ()


def _harmless(detail: str) -> str:
    """A detail may quote errors from outside, and name people."""
    return worded(detail) or "There is no more to say."


def _unmarked(text: str) -> str:
    return text.replace("*", "").replace("`", "")
