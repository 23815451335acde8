"""An emulator that notes every call, a table with something to lose, and the edge in front of both."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.usecases.ports import Save
from tests.builders import build, deployment, question, raw_config
from tests.contract.tables import environment, new_table
from tests.unit.door import CI_SECRET, SLACK_SECRET

ROOT = Path(__file__).parents[2]
READ_SECRET = "secretsmanager.GetSecretValue"


@dataclass
class World:
    """The edge at `url`; `calls` are the AWS operations that it asked for, in order; `log` is all that it printed."""

    url: str
    table: str
    calls: list[str]
    log: Path
    http: requests.Session
    dynamodb: JsonClient

    def stored(self) -> bytes:
        """Everything in the table, byte for byte."""
        items = self.dynamodb.call("Scan", {"TableName": self.table, "ConsistentRead": True})["Items"]
        self.calls.clear()
        return b"\n".join(sorted(json.dumps(each, sort_keys=True).encode() for each in items))


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """The world while it runs."""
    calls: list[str] = []
    with _emulator(calls) as endpoint:
        known = environment(endpoint)
        table = new_table(endpoint)
        settings = {
            **known,
            "AWS_DEFAULT_REGION": "us-east-1",
            "POINTSMAN_TABLE": table,
            "POINTSMAN_EDGE_SECRET": "edge",
            "POINTSMAN_DEPLOY_MACHINE": _furnish(known, table),
            "POINTSMAN_SLACK_API": "http://127.0.0.1:1/api/",
            "POINTSMAN_SLACK_HOOKS": "http://127.0.0.1:1",
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = folder / "edge.log"
        with log.open("wb") as err, _edge(settings, port, err), requests.Session() as http:
            yield World(f"http://127.0.0.1:{port}", table, calls, log, http, JsonClient("dynamodb", known))


def _furnish(known: dict[str, str], table: str) -> str:
    """Secrets, a configuration, builds, a deployment that waits for an answer; returns the machine's ARN."""
    document = json.dumps(
        {"slack_signing": [SLACK_SECRET], "slack_bot_token": "xoxb-ingress", "ci": {"jenkins": [CI_SECRET]}}
    )
    JsonClient("secretsmanager", known).call("CreateSecret", {"Name": "edge", "SecretString": document})
    store = DynamoStore(JsonClient("dynamodb", known), table)
    store.publish(raw_config())
    store.commit(Save(build("141")), Save(build("142")), Save(deployment()), Save(question()))
    machine = {
        "name": "deploy",
        "roleArn": "arn:aws:iam::123456789012:role/deploy",
        "definition": json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
    }
    return str(JsonClient("states", known).call("CreateStateMachine", machine)["stateMachineArn"])


@contextmanager
def _emulator(calls: list[str]) -> Iterator[str]:
    """Moto on loopback, noting what it is asked for."""
    moto = DomainDispatcherApplication(create_backend_app)

    def noting(request: dict[str, Any], start_response: Any) -> Any:
        calls.append(str(request.get("HTTP_X_AMZ_TARGET")))
        return moto(request, start_response)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, noting, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def _edge(settings: dict[str, str], port: int, err: Any) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ingress.edge_process", str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=err,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == b"ready", "the edge did not start"
        yield
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(20)
