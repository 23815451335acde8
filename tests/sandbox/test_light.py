"""The light house and the crowd of the load benchmark: few deployments, and only for what must be right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from benchmarks import checks, load
from sandbox import table, written
from sandbox.front import workspace
from sandbox.light import LightHouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICES = 2


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LightHouse]:
    """A control plane with imagined hosts."""
    folder = tmp_path_factory.mktemp("light")
    with LightHouse(folder, services=SERVICES, channels=2, tell=lambda _: None) as up:
        yield up


@pytest.fixture(scope="module")
def report(house: LightHouse) -> dict[str, Any]:
    """All services deployed at once."""
    assert len(checks.wrong(house)) >= 2 * SERVICES, "what was not deployed has to be noticed"
    return load.run(house, lambda _: None, patience=120, rate=5)


def test_deployments_at_once_do_not_mix_and_leave_nothing(house: LightHouse, report: dict[str, Any]) -> None:
    """Each environment has its release, one line of history for each event, no lock, no open question and one message;
    every answer of the edge was a 200."""
    assert report["wrong"] == []
    assert report["edge"]["not_200"] == {}
    assert report["functions"]["Planner"]["invocations"] == SERVICES
    assert report["most_at_a_time"] <= house.at_a_time


def test_no_secret_is_in_anything_that_was_written(report: dict[str, Any]) -> None:
    """Logs, messages, executions with their histories, items, the stream, commands on hosts (docs/safety.md, I14)."""
    assert report["leaks"] == []


@pytest.mark.usefixtures("report")
def test_a_secret_is_found_wherever_it_is_planted(house: LightHouse, tmp_path: Path) -> None:
    """A task token in a log, a message, an item and a report; each place is named, and the token is not."""
    token = next(item["token"] for item in table.items(house) if item["sk"].startswith("QUESTION#"))
    with (house.folder / "logs" / "Ledger.log").open("a") as log:
        log.write(f"woke {token}\n")
    _post(house, f"waits with {token}")
    item = {"pk": {"S": "ENV#s000#production"}, "sk": {"S": "NOTE"}, "text": {"S": token}}
    house.client("dynamodb").put_item(TableName=house.created.ids["Table"], Item=item)
    (tmp_path / "report.json").write_text(json.dumps({"token": token}))
    found = written.leaks(house, files=[tmp_path / "report.json"])
    assert sorted(each.split()[0] for each in found) == ["Ledger.log:", "item", "message", "report.json:"]
    assert all(each.endswith(": task token") for each in found)
    assert token not in str(found)


def _post(house: LightHouse, text: str) -> None:
    """Say something as the bot."""
    body = json.dumps({"channel": workspace.DEPLOYS, "text": text}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {workspace.BOT_TOKEN}"}
    with urlopen(Request(f"{house.page}/api/chat.postMessage", body, headers), timeout=10) as answer:  # noqa: S310 # loopback
        assert json.load(answer)["ok"]
