"""The Home tab, forms and help at the public door: buttons and fields become the very commands that can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.stories import APPROVER, DEPLOYER, ENVIRONMENT, LEAD
from tests.scenarios.test_refusals import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.stories import Teller

AT = f"cameras {ENVIRONMENT}"


def seen(people: Teller, who: str, kind: str, fits: Callable[[str], bool]) -> dict[str, Any]:
    """What somebody sees in their `home` or `modal` once it fits."""
    return people.chat.wait_for_view(workspace.person(who).id, kind, fits)


def filled(view: dict[str, Any], **values: str) -> dict[str, Any]:
    """The state of a form, as Slack sends it, with these values in."""
    state: dict[str, Any] = {}
    for block in (each for each in view["blocks"] if each["type"] == "input"):
        element, value = block["element"], values.get(block["block_id"])
        options = [*element.get("options", ())]
        options += [each for group in element.get("option_groups", ()) for each in group["options"]]
        chosen = next((each for each in options if each["value"] == value), element.get("initial_option"))
        content = {"value": value} if element["type"] == "plain_text_input" else {"selected_option": chosen}
        state[block["block_id"]] = {element["action_id"]: {"type": element["type"], **content}}
    return state


def test_a_home_says_what_waits_and_its_buttons_act(passed: Teller) -> None:
    """It follows what happens: the question comes, is answered from here, and goes."""
    passed.chat.open_home(APPROVER)
    seen(passed, APPROVER, "home", lambda text: "What is live where" in text)
    passed.say(DEPLOYER, passed.deploy_command)
    passed.wait_for_question("May this deployment start?")
    home = seen(passed, APPROVER, "home", lambda text: "May this deployment start?" in text)
    passed.chat.act_in_view(APPROVER, home, label="Reject")
    passed.send_reason("Not before lunch.")
    passed.wait("rejected")
    seen(passed, APPROVER, "home", lambda text: "May this deployment start?" not in text)


def test_a_form_deploys_and_says_at_the_field_what_is_wrong(passed: Teller) -> None:
    """A version that nobody built keeps it open; a good one starts the very deployment, and says so in its place."""
    passed.say(DEPLOYER, "/deploy form")
    form = seen(passed, DEPLOYER, "modal", lambda text: "What goes where" in text)
    wrong = passed.chat.submit(DEPLOYER, form, filled(form, where=AT, typed="no-such"))
    assert any("no-such" in said for said in wrong.values())
    form = seen(passed, DEPLOYER, "modal", lambda _: True)
    assert passed.chat.submit(DEPLOYER, form, filled(form, where=AT, typed=passed.version)) == {}
    seen(passed, DEPLOYER, "modal", lambda text: "Started" in text)
    passed.wait_for_question("May this deployment start?")
    passed.say(DEPLOYER, f"/deploy cancel {AT}")
    passed.wait("canceled")


def test_a_no_with_its_reason_comes_from_a_form(passed: Teller) -> None:
    """The button opens it, and the reason stands where everybody reads it."""
    passed.say(DEPLOYER, passed.deploy_command)
    passed.wait_for_question("May this deployment start?")
    passed.reject("the devices are busy")
    passed.wait("rejected")
    passed.chat.wait_for("the devices are busy")


def test_help_is_for_everybody_and_opens_the_form(people: Teller) -> None:
    """Grouped, with more about one command, and a button for whoever does not want to type."""
    assert "Take turns" in answer(people, LEAD, "/deploy help")
    people.click(LEAD, "Open the form")
    seen(people, LEAD, "modal", lambda text: "What goes where" in text)
    assert "For example `/deploy keep" in answer(people, LEAD, "/deploy help keep")
    assert "unknown_environment" in answer(people, LEAD, "/deploy form cameras moon")
