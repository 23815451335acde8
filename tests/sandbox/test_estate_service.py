"""The sample service on real hosts, with the swarm's own devices connected to it."""

from __future__ import annotations

import asyncio
import json
import tarfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.estate.device import Device
from sandbox.estate.names import Address
from sandbox.estate.swarm import Swarm
from sandbox.team.build import BREAKS, BuildFailed, build
from tests.sandbox.estate_harness import HostBox, eventually, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

CONTROL, OTHER, RECORDER = "i-0aaaaaaaaaaaaaaa1", "i-0aaaaaaaaaaaaaaa2", "i-0bbbbbbbbbbbbbbb1"
PORT = 9000
DRAIN = "$POINTSMAN_ROOT/opt/pointsman/cameras/current/drain"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[HostBox]:
    box = HostBox(tmp_path / "hosts", "127.94.1")
    yield box
    box.manager.stop_all()


def install(
    hosts: HostBox, name: str, role: str = "control", *, broken: str | None = None, commit: float = 0.05
) -> tuple[str, int]:
    """A host with a running release; where its service listens."""
    folder = hosts.start(name)
    current = folder / "opt/pointsman/cameras/current"
    current.mkdir(parents=True)
    with tarfile.open(build("142", hosts.folder, broken=broken).path) as package:
        package.extractall(current, filter="data")
    address = hosts.nodes[name].address
    settings = {
        "role": role,
        "environment": "production",
        "address": address,
        "port": PORT,
        "commit_seconds": commit,
    }
    (folder / "etc/cameras.json").write_text(json.dumps(settings), encoding="utf-8")
    service = f"[Service]\nExecStart={current}/serve\nRestart=always\n"
    (folder / "etc/systemd/system/cameras.service").write_text(service, encoding="utf-8")
    assert hosts.run(name, "systemctl start cameras")["code"] == 0
    if role == "control":
        eventually(lambda: check(hosts, name, "connects")[0] == 0 or broken)
    return address, PORT


def check(hosts: HostBox, name: str, which: str) -> tuple[int, str]:
    """Exit code and output of one check."""
    done = hosts.run(name, f"$POINTSMAN_ROOT/opt/pointsman/cameras/current/checks/{which}")
    return done["code"], done["stdout"]


@asynccontextmanager
async def devices(address: tuple[str, int], number: int) -> AsyncIterator[list[Device]]:
    """Connected devices."""
    made = [Device(f"camera-{each}", Address(*address), lambda: None) for each in range(number)]
    lives = [asyncio.create_task(device.live()) for device in made]
    await settle(lambda: all(device.link for device in made))
    yield made
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)


def test_devices_that_are_asked_to_move_lose_nothing(hosts: HostBox) -> None:
    """Drained in batches, every device reconnects exactly once and every message is acknowledged."""

    async def story() -> None:
        address = install(hosts, CONTROL)
        async with devices(address, 20) as made:
            done = await asyncio.to_thread(hosts.run, CONTROL, f"{DRAIN} --batch 8 --pause 0.1")
            assert done["stdout"] == "asked 20 devices to move, in 3 batches; 0 stayed\n"
            await asyncio.gather(*(device.finish() for device in made))
            assert {device.reconnects for device in made} == {1}
            assert sum(device.lost for device in made) == 0

    asyncio.run(story())


def test_a_restart_throws_devices_over_and_loses_what_was_not_acknowledged(hosts: HostBox) -> None:
    """What was sent and not yet stored when the process ends is lost, and its device has to come back."""

    async def story() -> None:
        address = install(hosts, CONTROL, commit=1)  # slow to store, so that something waits when it ends
        async with devices(address, 5) as made:
            for device in made:
                assert device.link
                device.link.send(device.name, 10_000)
            await asyncio.to_thread(hosts.run, CONTROL, "systemctl restart cameras")
            await settle(lambda: all(device.reconnects and device.link for device in made))
            assert sum(device.lost for device in made) >= 5

    asyncio.run(story())


def test_acknowledged_messages_are_in_the_journal(hosts: HostBox) -> None:
    """A message is stored before it is acknowledged."""

    async def story() -> None:
        address = install(hosts, CONTROL)
        async with devices(address, 3) as made:
            await settle(lambda: all(device.sent for device in made))
            await asyncio.gather(*(device.finish() for device in made))
            sent = sum(device.sent for device in made)
        journal = (hosts.folder / CONTROL / "var/lib/cameras/messages.jsonl").read_text().splitlines()
        stored = [each for each in map(json.loads, journal) if each["device"].startswith("camera-")]
        assert len(stored) == sent

    asyncio.run(story())


def test_the_swarm_counts_requests_and_versions(hosts: HostBox) -> None:
    """Short requests are counted with the version that answered; its report has the agreed figures."""

    async def story() -> None:
        address = install(hosts, CONTROL)
        swarm = Swarm(4, Address(*address), http_rate=50)
        life = asyncio.create_task(swarm.live())
        await settle(lambda: swarm.requests.versions["142"] >= 5 and swarm.stats()["connected"] == 4)
        await swarm.stop()
        report = swarm.report()
        stats = swarm.stats()
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        assert report["http"]["failures"] == 0
        assert report["devices"]["count"] == 4
        assert report["devices"]["most_reconnects"] == report["devices"]["messages_lost"] == 0
        assert stats["by_host"] == {address[0]: {"version": "142", "devices": 4}}

    asyncio.run(story())


def test_checks_pass_on_a_good_release_and_know_their_role(hosts: HostBox) -> None:
    """Every check can run on every host; one that is about another role says so and passes."""
    install(hosts, CONTROL)
    install(hosts, RECORDER, "recorder")
    assert check(hosts, CONTROL, "connects") == (0, "connects: a device is served by version 142\n")
    assert check(hosts, CONTROL, "records") == (0, "records: an acknowledged message is in the journal\n")
    assert check(hosts, CONTROL, "recorder") == (0, "recorder: does not apply to a control\n")
    assert check(hosts, RECORDER, "recorder") == (0, "recorder: version 142 is alive\n")
    assert check(hosts, RECORDER, "connects") == (0, "connects: does not apply to a recorder\n")


def test_a_recorder_has_nothing_to_drain(hosts: HostBox) -> None:
    """Drain runs on every host of a fleet without harm."""
    install(hosts, RECORDER, "recorder")
    assert hosts.run(RECORDER, f"{DRAIN} --batch 5 --pause 1")["code"] == 0


def test_a_release_that_does_not_store_fails_its_check(hosts: HostBox) -> None:
    """`failing-tests` answers and is healthy, but acknowledges what it did not write: only `records` finds out."""
    install(hosts, CONTROL, broken="failing-tests")
    eventually(lambda: check(hosts, CONTROL, "connects")[0] == 0)
    code, output = check(hosts, CONTROL, "records")
    assert (code, "not in messages.jsonl" in output) == (1, True)


def test_an_unhealthy_release_answers_503(hosts: HostBox) -> None:
    """`unhealthy` runs and serves devices, but its health check says no."""
    address, port = install(hosts, CONTROL, broken="unhealthy")
    eventually(lambda: check(hosts, CONTROL, "connects")[0] == 0)

    async def status() -> bytes:
        reader, writer = await asyncio.open_connection(address, port)
        writer.write(b"GET /health HTTP/1.1\r\n\r\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line

    assert asyncio.run(status()).startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\n\r\n",
        b"\xff" * 100,
        b"GET /connect HTTP/1.1\r\n\r\n",
    ],
    ids=["empty", "half", "unknown", "bytes", "no-upgrade"],
)
def test_strange_clients_do_no_harm(hosts: HostBox, sent: bytes) -> None:
    """What is not understood is answered or hung up on, and the service goes on."""

    async def talk() -> None:
        _, writer = await asyncio.open_connection(*address)
        writer.write(sent)
        writer.close()
        await writer.wait_closed()

    address = install(hosts, CONTROL)
    asyncio.run(talk())
    assert check(hosts, CONTROL, "connects")[0] == 0


def test_the_same_sources_give_the_same_package(tmp_path: Path) -> None:
    """A build is reproducible, and its checksum is the file's."""
    assert build("142", tmp_path / "a").sha256 == build("142", tmp_path / "b").sha256
    assert build("142", tmp_path / "a").sha256 != build("143", tmp_path / "a").sha256


def test_a_build_that_does_not_compile_fails(tmp_path: Path) -> None:
    """The compiler's message says where."""
    with pytest.raises(BuildFailed, match=r"server\.py:\d+"):
        build("142", tmp_path, broken="build")


@pytest.mark.parametrize("mistake", sorted(BREAKS))
def test_every_mistake_of_the_stories_still_fits_the_sources(tmp_path: Path, mistake: str) -> None:
    """A change of the service can not silently heal a story's mistake."""
    try:
        made: Any = build("142", tmp_path / "broken", broken=mistake).sha256
    except BuildFailed:
        made = None
    assert made != build("142", tmp_path / "good").sha256
