"""What must be right after the crowd has gone, looked up in the table, the machine, the cloud and the channels."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from sandbox import table
from sandbox.front.client import buttons, shown
from sandbox.light import ENVIRONMENT, NEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.light import LightHouse

ONCE = (
    "accepted", "plan", "ask_start", "asked_start", "confirm_start", "begin", "test", "be_ready", "asked_ready",
    "finish_ready", "ask_finish", "asked_finish", "confirm_finish", "switch", "bake", "keep", "asked_keep",
    "expired_keep", "retire", "succeed",
)  # fmt: skip
"""Lines that the history of one deployment has exactly once."""
QUESTIONS = ("May this deployment start?", "May traffic switch to the new fleet?")


def wrong(house: LightHouse) -> list[str]:
    """Everything that is not as it should be."""
    items = table.items(house)
    by_service: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        if item["pk"].startswith("ENV#"):
            by_service[item["pk"].split("#")[1]].append(item)
    found = [f"left open: {each}" for each in table.left_open(house)]
    for service in house.names:
        found += [f"{service}: {each}" for each in _table(service, by_service[service])]
    return [*found, *_executions(house), *_fleets(house), *_channels(house)]


def _table(service: str, items: list[dict[str, Any]]) -> Iterator[str]:
    state = next((item for item in items if item["sk"] == "STATE"), {})
    wanted = {"live_version": NEXT, "live_deployment": f"{service}-{ENVIRONMENT}-1", "fence": 1, "counter": 1}
    for name, value in wanted.items():
        if state.get(name) != value:
            yield f"{name} is {state.get(name)!r} and should be {value!r}"
    deployments = [item for item in items if item["sk"].startswith("DEPLOYMENT#")]
    if [each["state"] for each in deployments] != ["succeeded"]:
        yield f"deployments: {[(each['id'], each['state'], each.get('detail')) for each in deployments]}"
    answers = Counter(str(item.get("answer")) for item in items if item["sk"].startswith("QUESTION#"))
    if answers != {"confirm": 2, "finish": 1, "expired": 1}:
        yield f"questions: {dict(answers)}"
    history = [item for item in items if item["sk"].startswith("HISTORY#")]
    yield from _chain(history, next((item for item in items if item["sk"] == "HISTORYHEAD"), {}))
    lines = Counter(item["event"] for item in history)
    for event in sorted({*ONCE, *lines}):
        if lines[event] != (event in ONCE):
            yield f"the history has {lines[event]} lines {event!r}"


def _chain(history: list[dict[str, Any]], head: dict[str, Any]) -> Iterator[str]:
    """Every line has its number and follows the one before it, up to the head."""
    last = head.get("digest", "")
    if [line["number"] for line in history] != list(range(1, int(head.get("revision", 0)) + 1)):
        yield f"the history has {len(history)} lines, its head has another number: {head.get('revision')}"
    for line in reversed(history):
        if line["digest"] != last:
            yield f"line {line['number']} of the history is not the one that the next follows"
        last = line["previous"]


def _executions(house: LightHouse) -> Iterator[str]:
    pages = house.client("stepfunctions").get_paginator("list_executions")
    found = [each for page in pages.paginate(stateMachineArn=house.machine) for each in page["executions"]]
    statuses = Counter(each["status"] for each in found)
    if statuses != {"SUCCEEDED": house.services}:
        yield f"executions: {dict(statuses)}"


def _fleets(house: LightHouse) -> Iterator[str]:
    live = Counter(
        (each["tags"]["pointsman:service"], each["tags"]["pointsman:deployment"])
        for each in house.instances()
        if each["state"] == "running"
    )
    if live != {(service, f"{service}-{ENVIRONMENT}-1"): 1 for service in house.names}:
        yield f"running hosts: {dict(live)}"


def _channels(house: LightHouse) -> Iterator[str]:
    messages = [each for each in house.chat.messages() if each["viewer"] is None]
    for service in house.names:
        about = [each for each in messages if f"{service}@{NEXT}" in shown(each)]
        main = [each for each in about if each["text"].startswith(f"{service}@{NEXT} to {ENVIRONMENT}:")]
        if len(main) != 1 or "The old fleet has ended" not in shown(main[0]):
            yield f"{service}: {len(main)} messages, {[each['text'] for each in main]}"
        for question in QUESTIONS:
            asked = [each for each in about if question in shown(each) and each["thread_ts"]]
            if len(asked) != 1 or buttons(asked[0]):
                yield f"{service}: {question!r} stands {len(asked)} times, or still has buttons"
        if any(each["channel"] != house.channel_of(service) for each in main):
            yield f"{service}: in the wrong channel"
