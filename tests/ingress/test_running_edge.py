"""The running edge against docs/openapi.yaml: schemathesis makes requests that fit it and requests that do not.

Bounded (the seed is fixed, EXAMPLES for each test), over real HTTP. The gateway in front is the sandbox's stand-in.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.builders import DEPLOYER, WORKSPACE
from tests.ingress import signing
from tests.ingress.world import READ_SECRET, World
from tests.unit.door import BUILD, CI_SECRET, KEY, SLACK_SECRET

SPEC = Path(__file__).parents[2] / "docs/openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(SPEC)
PATHS = {
    "command": "/slack/commands",
    "interaction": "/slack/interactions",
    "event": "/slack/events",
    "build": "/hooks/ci/{source}",
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 60
CANARY = "canary-4f1d"
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
COMMANDS = [
    "help",
    "status",
    "cameras@142 to staging",
    "plan cameras to production",
    "confirm K7Q2F",
    "reject K7Q2F <!channel>",
    "finish cameras production",
    "keep cameras production +2h",
    f"{CANARY} `x` {{team}}",
]
DOOR = pytest.mark.parametrize("door", PATHS)


def cases(door: str) -> st.SearchStrategy[Case[Any]]:
    """Requests that fit the description, and some that do not."""
    operation = SCHEMA[PATHS[door]]["POST"]
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))


def prepared(world: World, door: str, case: Case[Any], how: str) -> requests.PreparedRequest:
    """The request as it goes over the wire, signed over its very bytes."""
    if door == "interaction" and isinstance(case.body, dict) and "payload" in case.body:
        case.body = {**case.body, "payload": json.dumps(case.body["payload"])}
    kwargs = case.as_transport_kwargs(base_url=world.url)
    kwargs.pop("timeout", None)
    request = world.http.prepare_request(requests.Request(**kwargs))
    body = request.body or b""
    assert isinstance(body, bytes | str)
    request.headers.update(signing.headers(door, body.encode() if isinstance(body, str) else body, how))
    return request


def send(world: World, request: requests.PreparedRequest) -> requests.Response:
    """Its answer; nothing is followed."""
    return world.http.send(request, allow_redirects=False, timeout=20)


@DOOR
def test_without_a_valid_signature_nothing_is_touched(world: World, door: str) -> None:
    """Not one call of AWS but for the secret; the table stays as it was, byte for byte; the answer is described."""
    before = world.stored()

    @BOUNDED
    @given(case=cases(door), how=st.sampled_from(signing.FORGED))
    def forged(case: Case[Any], how: str) -> None:
        answer = send(world, prepared(world, door, case, how))
        assert answer.status_code in {401, 403, 415}, (how, answer.status_code, answer.text)
        if answer.status_code != 403:  # the gateway's own: a path that is no door
            case.validate_response(answer, checks=CHECKS)

    forged()
    assert set(world.calls) <= {READ_SECRET}
    assert world.stored() == before


@DOOR
def test_with_a_valid_signature_every_answer_is_described(world: World, door: str) -> None:
    """Whatever somebody sends who may knock: no 5xx, and an answer of the description."""
    seen: set[int] = set()

    @BOUNDED
    @given(case=cases(door), data=st.data())
    def signed(case: Case[Any], data: st.DataObject) -> None:
        if door == "build" and data.draw(st.integers(0, 3), label="source"):
            case.path_parameters = {"source": "jenkins"}
        if isinstance(case.body, dict) and data.draw(st.booleans(), label="known"):
            case.body = known(door, case.body, data)
        answer = send(world, prepared(world, door, case, "right"))
        seen.add(answer.status_code)
        if answer.status_code != 403 or "error" in answer.json():
            case.validate_response(answer, checks=CHECKS)
        assert answer.status_code < 500

    signed()
    assert {200, 202} & seen, "nothing was ever let in"
    assert 400 in seen, "nothing was ever refused"


def known(door: str, body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The body with what the service knows in it, so that it gets further in."""
    text = data.draw(st.sampled_from(COMMANDS), label="command")
    if door == "command":
        return {**body, "team_id": WORKSPACE, "user_id": DEPLOYER.user, "text": text}
    if door == "build":
        return {"type": "build.finished", "data": {**BUILD, "author": CANARY}}
    if door == "event":
        opened = {"type": "app_home_opened", "tab": "home", "user": DEPLOYER.user}
        return {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev1", "event": opened}
    if not isinstance(body.get("payload"), dict) or "actions" not in body["payload"]:
        return body
    verb, _, value = text.partition(" ")
    changed = {"user": {"id": DEPLOYER.user, "team_id": WORKSPACE}}
    return {"payload": {**body["payload"], **changed, "actions": [{"action_id": verb, "value": value}]}}


@DOOR
@BOUNDED
@given(
    body=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    how=st.sampled_from(("right", *signing.FORGED)),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", ""]),
    more=st.dictionaries(
        st.sampled_from(["x-slack-signature", "WEBHOOK-SIGNATURE", "webhook-id", "content-encoding", "x"]),
        st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "S"]), max_size=40),
        max_size=2,
    ),
)
def test_no_bytes_make_it_fail(
    world: World, door: str, *, body: bytes, how: str, kind: str, more: dict[str, str]
) -> None:
    """Any body, any type, any value of a header: a 4xx, never a 500."""
    url = world.url + PATHS[door].format(source="jenkins")
    headers = {"Content-Type": kind, **signing.headers(door, body, how), **more}
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = world.http.post(url, data=body, headers=encoded, timeout=20)
    assert 400 <= answer.status_code < 500, answer.text


def test_a_replay_over_the_wire_starts_one_deployment(world: World) -> None:
    """The very same bytes twice: one execution, and a table that the second time changes nothing in."""
    form = {"team_id": WORKSPACE, "user_id": DEPLOYER.user, "channel_id": "C0DEPLOYS", "trigger_id": "once"}
    form |= {"text": "plan cameras@142 to production", "response_url": "https://hooks.slack.com/commands/1"}
    request = world.http.prepare_request(requests.Request("POST", f"{world.url}/slack/commands", data=form))
    request.headers.update(signing.headers("command", str(request.body).encode()))
    world.stored()
    first = send(world, request)
    assert (first.status_code, "TransactWriteItems" in str(world.calls)) == (200, True)
    written = world.stored()
    assert send(world, request).text == first.text
    assert world.stored() == written


def test_the_log_is_one_object_a_line_and_holds_nothing_secret(world: World) -> None:
    """What the edge printed while all that came in: JSON, one line each, no key, no signature, no text of a body."""
    for how in ("right", *signing.FORGED):
        body = f"team_id={WORKSPACE}&user_id=U0&text={CANARY}%0a%7B%22level%22%3A1%7D&x={CANARY}".encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            **signing.headers("command", body, how),
        }
        world.http.post(f"{world.url}/slack/commands", data=body, headers=headers, timeout=20)
    printed = world.log.read_text()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert lines
    assert all(isinstance(line, dict) and {"level", "at", "message"} <= set(line) for line in lines)
    for secret in (SLACK_SECRET, CI_SECRET, KEY.decode(), CANARY, "v0=", "v1,", "hooks.slack.com"):
        assert secret not in printed
