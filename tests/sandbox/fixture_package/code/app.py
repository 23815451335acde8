"""A small product for the platform's tests: it imports only what its package and the standard library have."""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path


class NotReady(Exception):
    """The world is not there yet."""


def echo(event, context):
    """Return the event and what the runtime gave."""
    return {
        "event": event,
        "name": context.function_name,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
        "memory": context.memory_limit_in_mb,
        "environment": {
            key: value for key, value in os.environ.items() if key.startswith(("AWS_", "FIXTURE_"))
        },
        "path": sys.path,
        "time": time.time(),
        "pid": os.getpid(),
    }


def fail(event, _context):
    """Raise."""
    raise NotReady(event.get("message", "not yet"))


def sleep(event, _context):
    """Take real time."""
    time.sleep(event["seconds"])
    return os.getpid()


def leave(_event, _context):
    """End the process."""
    os._exit(3)


def append(event, _context):
    """Keep every event in a file; fail while a marker file names one of its sort keys, or all of them."""
    folder = Path(os.environ["FIXTURE_FOLDER"])
    broken = folder / "broken"
    ill = broken.read_text() if broken.exists() else None
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
    kind = "failed" if ill is not None and (ill == "" or ill in keys) else "seen"
    with (folder / kind).open("a") as file:
        file.write(json.dumps(event) + "\n")
    if kind == "failed":
        raise NotReady("chat is down")


def collect(event, _context):
    """Note when each message of a queue came; fail where one says so."""
    bodies = [record["body"] for record in event["Records"]]
    with (Path(os.environ["FIXTURE_FOLDER"]) / "collected").open("a") as file:
        file.write(json.dumps({"at": time.time(), "records": event["Records"]}) + "\n")
    if "ill" in "".join(bodies):
        raise NotReady("ill")


def hear(event, _context):
    """Keep every event in a file."""
    with (Path(os.environ["FIXTURE_FOLDER"]) / "events").open("a") as file:
        file.write(json.dumps(event) + "\n")


def layered(_event, _context):
    """Import from the layer."""
    from fixture_layer import WORD  # noqa: PLC0415 # only one function has the layer

    return WORD


def count(event, _context):
    """Fail with NotReady until the counter has reached event["until"]; the counter is a file."""
    counter = Path(os.environ["FIXTURE_FOLDER"]) / event["counter"]
    seen = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(seen))
    if seen < event["until"]:
        raise NotReady(f"{seen} of {event['until']}")
    return {"seen": seen}


def tick(event, _context):
    """Note when it was and what was said."""
    with (Path(os.environ["FIXTURE_FOLDER"]) / "ticks").open("a") as file:
        file.write(json.dumps({"at": time.time(), **event}) + "\n")


def big(event, _context):
    """Return more than a state may carry."""
    return "x" * event["size"]


def call_aws(_event, _context):
    """Make one signed-looking AWS call without an SDK."""
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/dynamodb/aws4_request"
    request = urllib.request.Request(  # noqa: S310 # the sandbox's own address
        os.environ["AWS_ENDPOINT_URL"],
        data=b"{}",
        headers={
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        },
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310 # as above
        return json.load(reply)
