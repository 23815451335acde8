"""The front as a whole, in front of AWS endpoints in miniature."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientSession, web
from moto.server import ThreadedMotoServer

from sandbox.clock import VirtualClock
from sandbox.estate.network import make_network
from sandbox.estate.remote import Cloud as Engineer
from sandbox.estate.traffic import make_ways
from sandbox.front import endpoints
from sandbox.front.client import Chat
from sandbox.front.cloud import Cloud
from sandbox.front.server import Front, Settings
from tests.sandbox.front_harness import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPLATE: dict[str, object] = {
    "Resources": {"RestAPI": {"Properties": {"DefinitionBody": {"paths": {"/slack/commands": {"post": {}}}}}}}
}


async def _function(request: web.Request) -> web.Response:
    """Answers an invocation as a Lambda function that echoes the command would."""
    form = parse_qs((await request.json())["body"])
    if form["text"] == ["crash"]:
        return web.json_response({"errorMessage": "boom"}, headers={"X-Amz-Function-Error": "Unhandled"})
    body = json.dumps({"text": f"you said {form['text'][0]}"})
    return web.json_response(
        {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
    )


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A work folder with a clock and a package, and an endpoint that can invoke one function."""
    VirtualClock.create(tmp_path / "clock")
    (tmp_path / "sam.json").write_text(json.dumps(TEMPLATE))
    aws = web.Application()
    aws.router.add_post("/2015-03-31/functions/APIHandler/invocations", _function)
    with served(aws) as url:
        yield Settings(folder=tmp_path, aws_endpoint=url, package=tmp_path)


def test_a_command_goes_all_the_way_and_its_answer_comes_back(settings: Settings) -> None:
    """Page -> signed request -> API -> Lambda Invoke -> answer in the channel; a crash is Slack's failure text."""

    async def story() -> None:
        async with Front(settings) as front, ClientSession() as http:
            chat = Chat(front.page_url)
            await asyncio.to_thread(chat.say, "Lead", "/deploy status")
            assert [m["text"] for m in await asyncio.to_thread(chat.messages)] == [
                "/deploy status",
                "you said status",
            ]
            command = {"user": "Lead", "text": "/deploy crash"}
            async with http.post(f"{front.page_url}/_sandbox/command", json=command) as answer:
                assert await answer.json() == {"ok": False, "error": "dispatch_failed"}

    asyncio.run(story())


def test_the_page_is_served_with_a_policy_and_all_its_parts(settings: Settings) -> None:
    """Everything that the page names is there, and nothing may come from elsewhere."""

    async def story() -> None:
        async with Front(settings) as front, ClientSession() as http:
            async with http.get(front.page_url) as page:
                assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
                text = await page.text()
            for part in ("base.css", "chat.css", "view.css", "main.js"):
                assert f"/static/{part}" in text
                async with http.get(f"{front.page_url}/static/{part}") as answer:
                    assert answer.status == 200

    asyncio.run(story())


def test_the_picture_is_there_while_nothing_else_is(settings: Settings) -> None:
    """No platform, no estate: the clock alone, and it can be moved within limits."""

    async def story() -> None:
        async with Front(settings) as front, ClientSession() as http:
            async with http.get(f"{front.page_url}/_sandbox/view") as answer:
                picture = await answer.json()
            assert [name for name, part in picture.items() if part is not None] == ["clock"]
            for wanted, status in [({"advance": 3600}, 200), ({"rate": -1}, 400), ({"skip": True}, 400)]:
                async with http.post(f"{front.page_url}/_sandbox/clock", json=wanted) as answer:
                    assert answer.status == status

    asyncio.run(story())


def test_parts_add_their_own_endpoints(tmp_path: Path) -> None:
    """Adding keeps what others have written."""
    endpoints.add(tmp_path, aws="http://127.0.0.1:1")
    endpoints.add(tmp_path, page="http://127.0.0.1:2")
    assert endpoints.read(tmp_path) == {"aws": "http://127.0.0.1:1", "page": "http://127.0.0.1:2"}
    assert endpoints.read(tmp_path / "nowhere") == {}


@pytest.fixture
def aws() -> Iterator[str]:
    """The endpoint of an emulator whose memory, which it shares with others in this process, is as new."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    _forget(endpoint)
    yield endpoint
    _forget(endpoint)
    server.stop()


def _forget(endpoint: str) -> None:
    address = endpoint.removeprefix("http://")
    with urlopen(Request(f"http://{address}/moto-api/reset", b"", method="POST"), timeout=10):
        pass  # the answer says nothing


def test_hosts_and_groups_are_read_from_the_platform(aws: str) -> None:
    """Only managed hosts, and only groups that matter, through the real AWS APIs of an emulator."""
    cloud = Cloud(aws)
    tags = [
        {"Key": key, "Value": value}
        for key, value in {"pointsman:managed": "true", "pointsman:role": "control"}.items()
    ]
    image = cloud._ec2.register_image(Name="hosts")["ImageId"]
    for spec in ([{"ResourceType": "instance", "Tags": tags}], []):
        cloud._ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=spec)  # type: ignore[arg-type]
    assert [(h["role"], h["running"]) for h in cloud.hosts()] == [("control", "running")]
    assert (cloud.groups(), cloud.executions()) == ([], [])


def test_a_side_that_the_record_does_not_name_gets_nothing(aws: str) -> None:
    """With two load balancers every listener forwards everything; which of them clients reach, the record decides."""
    engineer = Engineer(aws)
    network = make_network(engineer("ec2"), engineer("iam"))
    make_ways(engineer, network, service="cameras", strategy="dns", port=9000)
    shares = {each["name"]: each["weight"] for each in Cloud(aws).groups()}
    assert shares == {"cameras-a": 100, "cameras-b": 0}
