"""A team's chat over an account in memory: people type and press what they see, and what was said to them is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.domain.grammar import USAGE
from tests.faults.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.domain.people import Actor
    from tests.faults.memory.slack import Happened

CODE = re.compile(r"\(`([a-z_]+)`\)\s*$", re.MULTILINE)
"""Where a refusal says its reason."""
FIELD = re.compile(r"\A([a-z]+): ")
"""Where an error in a form says its field."""
Block = dict[str, Any]
STILL = "still"
"""Not even the next task is begun."""
Seen = tuple[str, str, str]
"""A button: the verb, the value, and the view it is in."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that somebody did at the door; `refused` is the reason code, empty where it was done."""

    how: str
    verb: str
    label: str
    refused: str


class House(Run):
    """Who is refused says so beforehand: `refused="..."`; any other answer with a reason code ends the story."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"bake": {"time": 30, "alarms": []}, **settings})
        self.uses: list[Use] = []
        self._answers: dict[Actor, tuple[Any, str]] = {}
        """What each saw last, and in which kind of view."""
        self._last = ("", "", "")

    def types(self, by: Actor, text: str, *, refused: str = "", until: str = "") -> str:
        """Somebody types after `/deploy`; what only they read then. `until`: a task that is not begun yet after it."""
        use = Use("typed", word_of(text), "", refused)
        return self._did(by, lambda: self.people.type(text, by), use, until)

    def presses(self, by: Actor, label: str, *, refused: str = "", until: str = "") -> str:
        """Somebody presses the newest button of this label that they see."""
        self._last = self._button(by, label)
        return self._clicks(by, self._last, label, refused, until)

    def again(self, by: Actor, *, refused: str) -> str:
        """Somebody presses what was pressed last: it still stood before them."""
        return self._clicks(by, self._last, "", refused)

    def sees(self, by: Actor, label: str) -> Seen:
        """The newest button of this label; it may be pressed when others have taken its place."""
        return self._button(by, label)

    def presses_old(self, by: Actor, seen: Seen, *, refused: str) -> str:
        """Somebody presses a button that was left standing before them."""
        return self._clicks(by, seen, "", refused)

    def _clicks(self, by: Actor, seen: Seen, label: str, refused: str, until: str = "") -> str:
        verb, value, view = seen
        use = Use("pressed", verb.partition(":")[0], label, refused)
        return self._did(by, lambda: self.people.click(verb, value, by, view=view), use, until)

    def sends(self, by: Actor, values: dict[str, str], *, refused: str = "") -> str:
        """Somebody fills in the form that opened last, and sends it; what they read then. `refused`: the reason's code,
        or the field at which it is said what is wrong."""
        view = self.account.slack.views[-1]
        use = Use("sent", view["callback_id"], "", refused)
        return self._did(by, lambda: self.people.submit(view, values, by), use)

    def looks(self, by: Actor) -> str:
        """Somebody opens the Home tab."""
        self.people.visit(by)
        self.settle()
        return texts_in(self.account.slack.homes[by.user]["blocks"])

    def channel(self) -> str:
        """Everything that stands in the channel now."""
        return "\n".join(texts_in(each.blocks) for each in self.account.slack.messages)

    def code(self) -> str:
        """The code of the newest question."""
        found: list[str] = re.findall(r"/deploy confirm ([A-Z0-9]+)", self.channel())
        return found[-1]

    def _did(self, by: Actor, act: Callable[[], bool], use: Use, until: str = "") -> str:
        journal = self.account.slack.journal
        before = len(journal)
        act()
        assert self.account.slack.invalid == []
        answers = [each for each in journal[before:] if each.what in {"answered", "opened", "objected"}]
        said: str = "\n".join(_read(each) for each in answers)
        if answers:
            self._answers[by] = answers[-1].blocks, "modal" if answers[-1].what == "opened" else ""
        if until != STILL:
            self.until(until) if until else self.settle()
        assert self.account.slack.invalid == []
        objected = any(each.what == "objected" for each in answers)
        code = next(iter((FIELD if objected else CODE).findall(said)), "")
        assert code == use.refused, f"{use}: {said}"
        self.uses.append(use)
        return said

    def _button(self, by: Actor, label: str) -> Seen:
        """In the newest answer to them, in their Home tab, else in the channel; and the view it is in."""
        home = self.account.slack.homes.get(by.user, {"blocks": []})
        places = [
            self._answers.get(by, ((), "")),
            (home["blocks"], "home"),
            *((each.blocks, "") for each in reversed(self.account.slack.messages)),
        ]
        for blocks, view in places:
            for button in buttons_in(blocks):
                if button["text"]["text"] == label:
                    assert is_about_one(button), button
                    return button["action_id"], button.get("value", ""), view
        seen = sorted({each["text"]["text"] for blocks, _ in places for each in buttons_in(blocks)})
        raise AssertionError(f"no button {label!r}; there are {seen}")


def _read(answer: Happened) -> str:
    """In a view everything stands in its blocks."""
    return texts_in(answer.blocks) if answer.what == "opened" else answer.text


def word_of(text: str) -> str:
    """The command that somebody types."""
    word = text.split(maxsplit=1)[0]
    return word if word in USAGE else "deploy"


def is_about_one(button: Block) -> bool:
    """What acts on a deployment names it; all else is about no deployment that is there already."""
    acts = button["action_id"].partition(":")[0] in {"finish", "cancel", "retry", "rollback", "keep"}
    return not acts or re.search(r"-[0-9]+$", button["value"]) is not None


def buttons_in(blocks: Any) -> Iterator[Block]:
    """Every button in blocks."""
    return (
        element
        for block in blocks
        for element in (*block.get("elements", ()), block.get("accessory", {}))
        if element.get("type") == "button"
    )


def texts_in(blocks: Any) -> str:
    """Every text in blocks."""
    if isinstance(blocks, dict):
        own = [blocks["text"]] if isinstance(blocks.get("text"), str) else []
        return "\n".join([*own, *filter(None, (texts_in(each) for each in blocks.values()))])
    if isinstance(blocks, list | tuple):
        return "\n".join(filter(None, (texts_in(each) for each in blocks)))
    return ""
