"""Everything that a run has written, place by place, and the secrets that it had, for sandbox/secrecy.py.

A task token stands in two places by design: in its question's item, and where the state machine hands it to a function,
which Step Functions records as that task's parameters (States Language, "Wait for a callback with the task token").
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox import ci, secrecy
from sandbox.front import workspace
from sandbox.secrecy import Secrets, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sandbox.house import House

TOKEN = "task token"


def leaks(house: House, *, files: Iterable[Path] = (), signatures: Iterable[str] = ()) -> list[str]:
    """What a house has said that it should have kept; `files` are reports that it made besides, `signatures` those of
    requests that neither chat nor the build server has sent."""
    chat, events = house.chat_written(), list(_histories(house))
    found = _secrets(house, chat, events)
    found.add("signature", signatures)
    return secrecy.leaks(found, _everything(house, chat, events, files))


def secrets(house: House) -> Secrets:
    """All that there is to keep."""
    return _secrets(house, house.chat_written(), list(_histories(house)))


def _secrets(house: House, chat: dict[str, Any], events: list[dict[str, Any]]) -> Secrets:
    found = Secrets(
        {
            "signing secret": workspace.SIGNING_SECRET,
            "CI secret": ci.SECRET,
            "CI secret, decoded": ci.KEY.decode(),
            "bot token": workspace.BOT_TOKEN,
        }
    )
    found.add(TOKEN, _tokens(events))
    for kind, values in chat["handed_out"].items():
        found.add(kind, values)
    found.add("signature", house.ci.signatures)
    return found


def _everything(
    house: House, chat: dict[str, Any], events: list[dict[str, Any]], files: Iterable[Path]
) -> Iterator[Written]:
    for path in [*sorted((house.folder / "logs").glob("*.log")), *files]:
        yield Written(path.name, path.read_text(encoding="utf-8", errors="replace"))
    for message in chat["messages"]:
        yield Written(f"message {message['ts']}", json.dumps(message))
    for event in events:
        where = f"history of {event.pop('execution')}, event {event['id']}"
        handed = event.pop("taskScheduledEventDetails", None)
        yield Written(where, json.dumps(event, default=str))
        yield Written(where, json.dumps(handed), allowed=TOKEN)
    yield from _executions(house)
    yield from _items(house)
    yield from _stream(house)
    yield from _commands(house)


def _histories(house: House) -> Iterator[dict[str, Any]]:
    client = house.client("stepfunctions")
    for execution in _listed(house):
        pages = client.get_paginator("get_execution_history").paginate(executionArn=execution["executionArn"])
        for page in pages:
            for event in page["events"]:
                yield {**event, "execution": execution["name"]}


def _listed(house: House) -> list[dict[str, Any]]:
    pages = house.client("stepfunctions").get_paginator("list_executions")
    return [each for page in pages.paginate(stateMachineArn=house.machine) for each in page["executions"]]


def _tokens(events: list[dict[str, Any]]) -> Iterator[str]:
    """Every token that the machine handed to a function."""
    for event in events:
        parameters = json.loads(event.get("taskScheduledEventDetails", {}).get("parameters", "{}"))
        token = parameters.get("Payload", {}).get("token")
        if token:
            yield token


def _executions(house: House) -> Iterator[Written]:
    client = house.client("stepfunctions")
    for execution in _listed(house):
        described = client.describe_execution(executionArn=execution["executionArn"])
        described.pop("ResponseMetadata")
        yield Written(f"execution {execution['name']}", json.dumps(described, default=str))


def _items(house: House) -> Iterator[Written]:
    pages = house.client("dynamodb").get_paginator("scan").paginate(TableName=house.created.ids["Table"])
    for item in (item for page in pages for item in page["Items"]):
        where = f"item {item['pk']['S']} {item['sk']['S']}"
        question = item["sk"]["S"].startswith("QUESTION#")
        token = item.pop("token", None) if question else None
        yield Written(where, json.dumps(item))
        yield Written(where, json.dumps(token), allowed=TOKEN)


def _stream(house: House) -> Iterator[Written]:
    client = house.client("dynamodbstreams")
    for stream in client.list_streams(TableName=house.created.ids["Table"])["Streams"]:
        described = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
        for shard in described["Shards"]:
            start = client.get_shard_iterator(
                StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            position = start.get("ShardIterator")
            while position:
                answer = client.get_records(ShardIterator=position)
                for record in answer["Records"]:
                    keys = record["dynamodb"]["Keys"]
                    where = f"stream record of {keys['pk']['S']} {keys['sk']['S']}"
                    yield Written(where, json.dumps(record, default=str))
                position = answer.get("NextShardIterator") if answer["Records"] else None


def _commands(house: House) -> Iterator[Written]:
    client = house.client("ssm")
    for name in ("list_commands", "list_command_invocations"):
        more: dict[str, Any] = {"Details": True} if name.endswith("invocations") else {}
        for page in client.get_paginator(name).paginate(**more):
            for each in [*page.get("Commands", ()), *page.get("CommandInvocations", ())]:
                yield Written(f"SSM command {each['CommandId']}", json.dumps(each, default=str))
