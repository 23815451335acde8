"""The story of a bot that is updated while a deployment waits: told in chat, by two people, then by a push."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sandbox.front.client import shown
from sandbox.stories import APPROVER, DEPLOYER, LEAD, Story

if TYPE_CHECKING:
    from sandbox.front.client import Message
    from sandbox.house import House
    from sandbox.stories import Teller

EXECUTED = re.compile(r'ExecutedVersion\\?\\?": ?\\?\\?"([^"\\]+)')
"""In what a task answered, which is JSON within JSON."""
HELP, BEFORE = "chalicelib/usecases/helping.py", "What can be said, or more about one command."
"""What a commit of the story changes: a text that people see."""
BUILD_SECONDS = 240


def told(people: Teller) -> None:
    """A new fleet is ready; the bot is updated; the deployment goes on to its end, on the code that it began with."""
    repository = people.house.repository
    people.until_ready()
    people.tell("An engineer commits another text of the help, on a branch that nobody follows")
    commit = repository.change(HELP, BEFORE, "Everything that can be said.", "Help says it otherwise")
    repository.push("next")
    by_chat(people, commit)
    answered(people, "Everything that can be said.")
    people.finish()
    people.skip(2 * 3600 + 30, "two hours without trouble")
    people.wait("The old fleet has ended")


def by_chat(people: Teller, commit: str) -> None:
    """An admin says so, another person confirms, and it is done."""
    people.say(LEAD, f"/deploy update {commit}")
    people.chat.wait_for(lambda message: f"May I update myself to `{commit[:10]}`?" in shown(message))
    people.click(APPROVER, "Confirm")
    people.tell("The pipeline clones the repository, packages it and updates the stack ...")
    done(people, commit)


def done(people: Teller, commit: str) -> Message:
    """Wait until chat says that it is updated."""
    return people.chat.wait_for(
        lambda message: "I am updated: " in shown(message) and f"→ `{commit[:10]}`" in shown(message),
        BUILD_SECONDS,
    )


def answered(people: Teller, text: str) -> None:
    """The bot answers with the new text."""
    people.say(DEPLOYER, "/deploy help help")
    people.chat.wait_for(lambda message: text in shown(message), viewer=DEPLOYER)


def ran(house: House, deployment: str) -> set[str]:
    """Which versions of functions the steps of a deployment ran, as its execution tells."""
    execution = house.machine.replace(":stateMachine:", ":execution:") + f":{deployment}"
    pages = (
        house.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
    )
    return {
        version for page in pages for version in EXECUTED.findall(json.dumps(page["events"], default=str))
    }


STORY = Story(told, "succeeded")
