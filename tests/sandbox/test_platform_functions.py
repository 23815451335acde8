"""Functions that run in worker processes from the unpacked package, and the stream that feeds one.

Documentation: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html,
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html, .../services-ddb-params.html
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.conftest import RunningPlatform


def invoke(platform: RunningPlatform, name: str, event: Any = None) -> tuple[Any, str | None]:
    """Invoke a function; return what it answered and the kind of error."""
    reply = platform.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    return json.load(reply["Payload"]), reply.get("FunctionError")


def test_a_function_gets_lambdas_context(platform: RunningPlatform) -> None:
    """The context names the function, its ARN, its memory and the time that is left."""
    seen, error = invoke(platform, "echo", {"a": 1})
    assert error is None
    assert (seen["event"], seen["name"], seen["memory"]) == ({"a": 1}, "echo", "128")
    assert seen["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:echo"
    assert 0 < seen["left"] <= 10_000


def test_a_function_runs_from_its_package_only(platform: RunningPlatform) -> None:
    """Neither this repository nor its site-packages can be imported; time is the sandbox's."""
    seen, _ = invoke(platform, "echo")
    package = Path(seen["path"][0])
    assert package.parent == platform.folder / "functions"
    assert (package / "app.py").exists()
    assert not [
        entry for entry in seen["path"] if "site-packages" in entry or entry.endswith("sandbox/platform")
    ]
    assert seen["time"] == pytest.approx(platform.clock.now(), abs=60)


def test_a_function_imports_from_its_layer(platform: RunningPlatform) -> None:
    """A layer's `python` folder and the site-packages in it are on the path."""
    assert invoke(platform, "layered") == ("from the layer", None)


def test_a_function_has_lambdas_environment(platform: RunningPlatform) -> None:
    """The template's variables, the endpoint, and the function's name as its access key id."""
    environment = invoke(platform, "echo")[0]["environment"]
    assert environment["FIXTURE_TABLE"] == "fixture"
    assert environment["AWS_ENDPOINT_URL"] == platform.endpoint
    assert environment["AWS_ACCESS_KEY_ID"] == environment["AWS_LAMBDA_FUNCTION_NAME"] == "echo"


def test_an_exception_becomes_lambdas_error(platform: RunningPlatform) -> None:
    """X-Amz-Function-Error says Unhandled; the payload has class name, message and stack."""
    reply, error = invoke(platform, "fail", {"message": "later"})
    assert error == "Unhandled"
    assert (reply["errorType"], reply["errorMessage"]) == ("NotReady", "later")
    assert "app.py" in reply["stackTrace"][0]


def test_a_function_is_ended_at_its_timeout(platform: RunningPlatform) -> None:
    """After the configured real seconds the worker is ended, and the next request gets a new one."""
    reply, _ = invoke(platform, "sleep", {"seconds": 30})
    assert reply["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 2.00 seconds" in reply["errorMessage"]
    assert invoke(platform, "sleep", {"seconds": 0})[1] is None


def test_a_worker_that_dies_is_reported(platform: RunningPlatform) -> None:
    """A process that ends by itself is Runtime.ExitError."""
    assert invoke(platform, "leave")[0]["errorType"] == "Runtime.ExitError"


def test_a_handler_that_is_not_there_is_reported(platform: RunningPlatform) -> None:
    """A package without the handler fails each request; it does not hang."""
    assert invoke(platform, "nothing-of-this-name")[1] == "Unhandled"


def test_an_unknown_function_is_not_found(platform: RunningPlatform) -> None:
    """A function that does not exist: ResourceNotFoundException."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        invoke(platform, "nobody")


def test_one_request_at_a_time_in_a_worker(platform: RunningPlatform) -> None:
    """Concurrent requests run in processes of their own; an idle one is used again."""
    with ThreadPoolExecutor(3) as people:
        pids = list(people.map(lambda _: invoke(platform, "sleep", {"seconds": 0.3})[0], range(3)))
    assert len(set(pids)) == 3
    assert invoke(platform, "sleep", {"seconds": 0})[0] in pids


def test_an_event_invocation_returns_at_once(platform: RunningPlatform) -> None:
    """InvocationType Event answers 202 before the function has run."""
    counter = uuid.uuid4().hex
    reply = platform.client("lambda").invoke(
        FunctionName="count", InvocationType="Event", Payload=json.dumps({"counter": counter, "until": 1})
    )
    assert reply["StatusCode"] == 202
    eventually((platform.folder / counter).exists)


def test_calls_are_counted_by_function(platform: RunningPlatform) -> None:
    """What functions call is counted under botocore's names; what a test calls is not."""
    invoke(platform, "call-aws")
    platform.client("s3").list_buckets()
    calls = platform.control("calls")
    assert calls["by_caller"]["call-aws"] == {"dynamodb.ListTables": calls["total"]["dynamodb.ListTables"]}
    assert "s3.ListBuckets" not in calls["total"]


def delivered(platform: RunningPlatform, partition: str, kind: str = "seen") -> list[str]:
    """Sort keys of one partition, in the order in which the function got them."""
    file = platform.folder / kind
    events = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    keys = [record["dynamodb"]["Keys"] for event in events for record in event["Records"]]
    return [key["sk"]["S"] for key in keys if key["pk"]["S"] == partition]


def put(platform: RunningPlatform, partition: str, sort: str) -> None:
    """Write one item."""
    item = {"pk": {"S": partition}, "sk": {"S": sort}, "secret": {"S": "body"}}
    platform.client("dynamodb").put_item(TableName="fixture", Item=item)


@pytest.fixture
def broken(platform: RunningPlatform) -> Iterator[Path]:
    """A file while which is there the function fails; until now it has had everything."""
    partition = uuid.uuid4().hex
    put(platform, partition, "before")
    eventually(lambda: delivered(platform, partition) == ["before"])
    marker = platform.folder / "broken"
    yield marker
    marker.unlink(missing_ok=True)


def test_changes_reach_the_function_in_order(platform: RunningPlatform) -> None:
    """Records arrive in order, keys only, in batches of at most BatchSize."""
    partition, wanted = uuid.uuid4().hex, [f"{n:02}" for n in range(15)]
    for sort in wanted:
        put(platform, partition, sort)
    eventually(lambda: delivered(platform, partition) == wanted)
    events = [json.loads(line) for line in (platform.folder / "seen").read_text().splitlines()]
    assert max(len(event["Records"]) for event in events) <= 10
    assert not [r for event in events for r in event["Records"] if "NewImage" in r["dynamodb"]]


def test_a_failed_batch_is_tried_until_it_succeeds(platform: RunningPlatform, broken: Path) -> None:
    """While the function fails, the batch is tried again and later records wait; none is lost."""
    partition = uuid.uuid4().hex
    broken.touch()
    put(platform, partition, "first")
    eventually(lambda: len(delivered(platform, partition, "failed")) > 1)
    put(platform, partition, "second")
    broken.unlink()
    eventually(lambda: delivered(platform, partition) == ["first", "second"])


def test_a_failing_batch_is_split(platform: RunningPlatform, broken: Path) -> None:
    """BisectBatchOnFunctionError: a batch that fails is split, so that one record does not hold up those before it."""
    partition, clock = uuid.uuid4().hex, platform.clock
    broken.write_text("ill")
    clock.set_rate(0)  # the window stays open until all is written
    for sort in ("good", "ill", "late"):
        put(platform, partition, sort)
    clock.set_rate(10)
    eventually(lambda: delivered(platform, partition) == ["good"])
    assert delivered(platform, partition) == ["good"]
    broken.unlink()
    eventually(lambda: delivered(platform, partition) == ["good", "ill", "late"])


def test_the_batching_window_gathers_records(platform: RunningPlatform) -> None:
    """Records written within the window arrive together."""
    partition, clock = uuid.uuid4().hex, platform.clock
    clock.set_rate(0)
    for sort in "abc":
        put(platform, partition, sort)
    clock.set_rate(10)
    eventually(lambda: delivered(platform, partition) == ["a", "b", "c"])
    batch = json.loads((platform.folder / "seen").read_text().splitlines()[-1])["Records"]
    assert len([each for each in batch if each["dynamodb"]["Keys"]["pk"]["S"] == partition]) == 3


def test_a_conditional_write_has_one_winner(platform: RunningPlatform) -> None:
    """Of concurrent writes on the same condition exactly one succeeds."""
    item = {"pk": {"S": uuid.uuid4().hex}, "sk": {"S": "lock"}}

    def take(_: int) -> bool:
        try:
            platform.client("dynamodb").put_item(
                TableName="fixture", Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(6) as people:
        assert sum(people.map(take, range(12))) == 1


def test_the_clock_can_be_moved_from_outside(platform: RunningPlatform) -> None:
    """POST /_sandbox/clock fast-forwards and sets the rate."""
    before = platform.clock.now()
    shown = platform.control("clock", {"advance": 1000, "rate": 10})
    assert shown["rate"] == 10
    assert before + 1000 <= shown["now"] <= platform.clock.now()
