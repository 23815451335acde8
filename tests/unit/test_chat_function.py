"""The function `chat` takes what the table's stream brings and what the queue brings, and loads only what it needs."""

import json

from chalicelib.adapters.dynamodb_items import key
from tests.unit.adapters.loopback import Reply, serving
from tests.unit.test_imports import HEAVY, SERVERS, loaded, ours

PROGRAM = """
import json, sys
import app
event = json.loads(r'''EVENT''')
print(json.dumps({"answer": app.chat(event, None), "modules": sorted(sys.modules)}))
"""
STREAM = {
    "eventSource": "aws:dynamodb",
    "dynamodb": {"Keys": key("ENV#cameras#production", "DEPLOYMENT#00000001")},
}
BUILD = {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": key("SERVICE#cameras", "BUILD#142")}}
OWN = {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": key("ENV#cameras#production", "POST#x#main")}}
QUEUE = {"eventSource": "aws:sqs", "body": json.dumps({"line": "post#C0DEPLOYS"})}
NOTHING = Reply(body=b"{}", headers={"Content-Type": "application/x-amz-json-1.0"})


def test_both_kinds_of_records_are_served() -> None:
    """A deployment and a build are looked up, with what chat was told about each; a line and the latest visitors are
    queried. The function's own writes mean nothing to it."""
    with serving(*[NOTHING] * 6) as service:
        found = loaded(
            PROGRAM.replace("EVENT", json.dumps({"Records": [STREAM, BUILD, OWN, QUEUE]})), service.url
        )
        asked = [(each.headers["x-amz-target"], json.loads(each.body)) for each in service.asked]
    assert found["answer"] == {"records": 4}
    keys = [body["Key"] for target, body in asked if target.endswith("GetItem")]
    assert keys == [STREAM["dynamodb"]["Keys"], BUILD["dynamodb"]["Keys"]]  # type: ignore[index]
    queried = [body["ExpressionAttributeValues"] for target, body in asked if target.endswith("Query")]
    assert [each[":pk"]["S"] for each in queried] == [
        "ENV#cameras#production", "HOME", "ENV#cameras#builds", "post#C0DEPLOYS",
    ]  # fmt: skip
    assert [each[":prefix"]["S"] for each in queried[:3:2]] == ["POST#cameras-production-1#", "POST#142#"]


def test_chat_loads_slack_and_nothing_else_that_is_heavy() -> None:
    """No boto3: the table, the secret and the queue are called by the standard library."""
    with serving(NOTHING) as service:
        found = loaded(PROGRAM.replace("EVENT", json.dumps({"Records": [QUEUE]})), service.url)
    assert ours(found) & (HEAVY | SERVERS) == {"slack_sdk"}
