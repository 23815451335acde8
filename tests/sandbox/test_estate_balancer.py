"""The balancer as a process: real sockets before and behind it."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from sandbox.estate.hosts import ROOT
from tests.sandbox.estate_harness import eventually, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ADDRESS = "127.93.1.1"


@dataclass
class Control:
    """The control API of a running balancer."""

    url: str
    port: int  # where its listener is

    def put(self, weights: dict[str, int], groups: dict[str, list[dict[str, Any]]]) -> None:
        """Set the routes: targets by group, one listener."""
        health = {"path": "/health", "interval": 0.05, "timeout": 1, "healthy": 2, "unhealthy": 2}
        forward = [{"target_group_arn": arn, "weight": weight} for arn, weight in weights.items()]
        listeners = (
            [{"arn": "l", "address": ADDRESS, "port": self.port, "forward": forward}] if weights else []
        )
        groups_asked = {
            arn: {"protocol": "TCP", "port": 9000, "health": health, "targets": targets}
            for arn, targets in groups.items()
        }
        body = json.dumps({"listeners": listeners, "target_groups": groups_asked}).encode()
        with urlopen(Request(f"{self.url}/routes", body, method="PUT"), timeout=5) as answer:  # noqa: S310 # loopback
            assert answer.status == 200

    def get(self, what: str) -> dict[str, Any]:
        """Read `health` or `stats`."""
        with urlopen(f"{self.url}/{what}", timeout=5) as answer:  # noqa: S310 # loopback
            found: dict[str, Any] = json.load(answer)
        return found

    async def healthy(self, *names: str) -> None:
        """Wait until these targets are healthy."""

        def look() -> bool:
            states = {key.split("|")[1]: each["state"] for key, each in self.get("health").items()}
            return all(states.get(name) == "healthy" for name in names)

        await settle(look)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as a client does."""
        return await asyncio.open_connection(ADDRESS, self.port)


@dataclass
class Backend:
    """A server that answers its name, then echoes; and answers health checks as it is told."""

    name: str
    address: str
    port: int = 0
    health: str = "200 OK"
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def target(self) -> dict[str, Any]:
        """As a registration."""
        return {"id": self.name, "address": self.address, "port": self.port, "draining": False}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: say the name, then everything back, then the end."""
        first = await reader.read(65536)
        if first.startswith(b"GET /health"):
            writer.write(f"HTTP/1.1 {self.health}\r\nContent-Length: 0\r\n\r\n".encode())
        elif first:
            self.open.add(writer)
            writer.write(self.name.encode() + b":" + first)
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write(b"end")
        self.open.discard(writer)
        writer.close()


@asynccontextmanager
async def backend(name: str, number: int) -> AsyncIterator[Backend]:
    server = Backend(name, f"127.93.2.{number}")
    listening = await asyncio.start_server(server.handle, server.address, 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    ports = []
    for address in ("127.0.0.1", ADDRESS):
        with socket.socket() as free:
            free.bind((address, 0))
            ports.append(free.getsockname()[1])
    arguments = ["-m", "sandbox.estate.balancer", "--control-port", str(ports[0]), "--check-rate", "1"]
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT)
    made = Control(f"http://127.0.0.1:{ports[0]}", ports[1])
    eventually(lambda: answers(made), 20)
    yield made
    process.terminate()
    process.wait()


def answers(control: Control) -> bool:
    try:
        return bool(control.get("stats")["open"] == 0)
    except OSError:
        return False


async def say(control: Control, text: bytes = b"hello") -> bytes:
    """One short exchange through the balancer."""
    reader, writer = await control.connect()
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def flood(writer: asyncio.StreamWriter) -> None:
    """64 MB, as fast as they are taken."""
    for _ in range(1000):
        writer.write(b"x" * 65536)
        await writer.drain()


def test_new_connections_follow_the_weights_at_once(control: Control) -> None:
    """When PUT /routes has answered, the next connection goes by the new weights."""

    async def story() -> None:
        async with backend("blue", 1) as blue, backend("green", 2) as green:
            groups = {"b": [blue.target], "g": [green.target]}
            control.put({"b": 100, "g": 0}, groups)
            await control.healthy("blue", "green")
            assert {await say(control) for _ in range(5)} == {b"blue:helloend"}
            control.put({"b": 0, "g": 100}, groups)
            assert {await say(control) for _ in range(5)} == {b"green:helloend"}

    asyncio.run(story())


def test_open_connections_outlive_a_switch_and_draining(control: Control) -> None:
    """Existing connections stay with their target after a change of weights and while it drains; they end when the
    target is taken away (ELB user guide, deregistration delay)."""

    async def story() -> None:
        async with backend("blue", 1) as blue, backend("green", 2) as green:
            groups = {"b": [blue.target], "g": [green.target]}
            control.put({"b": 1, "g": 0}, groups)
            await control.healthy("blue", "green")
            reader, writer = await control.connect()
            writer.write(b"1")
            assert await reader.readexactly(6) == b"blue:1"
            control.put({"b": 0, "g": 1}, {**groups, "b": [{**blue.target, "draining": True}]})
            writer.write(b"2")
            assert await reader.readexactly(1) == b"2"
            control.put({"b": 0, "g": 1}, {**groups, "b": []})
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()

    asyncio.run(story())


def test_one_direction_may_end_before_the_other(control: Control) -> None:
    """Half-close: after the client's end the server's answer still arrives whole."""

    async def story() -> None:
        async with backend("blue", 1) as blue:
            control.put({"b": 1}, {"b": [blue.target]})
            await control.healthy("blue")
            text = b"x" * 300_000
            answer = await say(control, text)
            assert answer == b"blue:" + text + b"end"

    asyncio.run(story())


def test_a_slow_reader_slows_the_sender(control: Control) -> None:
    """Backpressure: what nobody reads is not taken from the sender without end."""

    async def story() -> None:
        async with backend("blue", 1) as blue:
            control.put({"b": 1}, {"b": [blue.target]})
            await control.healthy("blue")
            _, writer = await control.connect()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(flood(writer), 0.5)
            writer.transport.abort()

    asyncio.run(story())


def test_health_follows_what_the_target_answers(control: Control) -> None:
    """A target starts `initial`; 200-399 is healthy, other codes are Target.ResponseCodeMismatch, and silence is
    Target.FailedHealthChecks (ELB API reference, TargetHealth)."""

    async def story() -> None:
        async with backend("blue", 1) as blue:
            dead = {"id": "dead", "address": "127.93.2.9", "port": 9, "draining": False}
            control.put({"b": 1}, {"b": [blue.target, dead]})
            await control.healthy("blue")
            blue.health = "503 Service Unavailable"
            found = [f"b|blue|{blue.port}", "b|dead|9"]
            await settle(lambda: {control.get("health")[key]["state"] for key in found} == {"unhealthy"})
            reasons = [control.get("health")[key]["reason"] for key in found]
            assert reasons == ["Target.ResponseCodeMismatch", "Target.FailedHealthChecks"]

    asyncio.run(story())


def test_connections_of_an_ill_target_are_reset_where_another_is_well(control: Control) -> None:
    """Passive or active: "If a target becomes unhealthy, the load balancer sends a TCP RST for packets received on the
    client connections associated with the target, unless the unhealthy target triggers the load balancer to fail open"
    (ELB user guide, NLB health checks)."""

    async def story() -> None:
        async with backend("blue", 1) as blue, backend("other", 2) as other:
            control.put({"b": 1}, {"b": [blue.target]})
            await control.healthy("blue")
            reader, writer = await control.connect()
            writer.write(b"1")
            assert await reader.readexactly(6) == b"blue:1"
            control.put({"b": 1}, {"b": [blue.target, other.target]})
            await control.healthy("other")
            blue.health = "500 Internal Server Error"
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()

    asyncio.run(story())


def test_a_dead_target_costs_its_clients_their_connection(control: Control) -> None:
    """A balancer of TCP connections does not try another target for the client: what fails is seen to fail."""

    async def story() -> None:
        dead = {"id": "dead", "address": "127.93.2.9", "port": 9, "draining": False}
        control.put({"b": 1}, {"b": [dead]})
        reader, writer = await control.connect()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()

    asyncio.run(story())


def test_stats_count_connections_by_target_and_listener(control: Control) -> None:
    """Open and total connections are counted where they are."""

    async def story() -> None:
        async with backend("blue", 1) as blue:
            control.put({"b": 1}, {"b": [blue.target]})
            await control.healthy("blue")
            before = control.get("stats")["listeners"]["l"]["total"]
            links = [await control.connect() for _ in range(3)]
            await settle(lambda: control.get("stats")["connections_by_target"] == {"127.93.2.1": 3})
            stats = control.get("stats")
            assert stats["targets"][f"b|blue|{blue.port}"]["open"] == 3
            assert stats["listeners"]["l"]["total"] == before + 3
            for _, writer in links:
                writer.close()
            await settle(lambda: control.get("stats")["connections_by_target"] == {"127.93.2.1": 0})

    asyncio.run(story())


def test_a_listener_that_is_gone_does_not_listen(control: Control) -> None:
    """Without its listener nobody answers at the address."""

    async def story() -> None:
        control.put({}, {})
        with pytest.raises(ConnectionRefusedError):
            await control.connect()

    asyncio.run(story())
