"""`pointsman audit verify`: a line for each environment, each broken record by its number, and exit codes."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto.server import ThreadedMotoServer

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.domain.history import Head, History, Wrong
from cli.audit import verify
from cli.main import main
from tests.builders import DEPLOYER, NOW, raw_config
from tests.contract.tables import CREDENTIALS, environment, new_table
from tests.fakes.store import FakeStore

WHERE = ("cameras", "production")
LINE = History(*WHERE, "cameras-production-1", NOW, DEPLOYER, "accepted")


@pytest.fixture
def store() -> FakeStore:
    """Three lines of one environment."""
    made = FakeStore(raw_config())
    made.commit(LINE, replace(LINE, event="plan", detail="a\x1b[2J"), replace(LINE, event="begin"))
    return made


def run(store: FakeStore, *where: tuple[str, str], noted: Head | None = None) -> int:
    """The exit code, two minutes after the newest line."""
    return verify(store, where or (WHERE,), noted=noted, now=NOW + 120)


def test_what_is_whole_is_one_line(store: FakeStore, capsys: pytest.CaptureFixture[str]) -> None:
    """How much there is, what can be noted, and how old it is; an environment without records is whole."""
    assert run(store, WHERE, ("cameras", "staging")) == 0
    newest = store.history_head(*WHERE).digest[:16]
    assert capsys.readouterr().out.splitlines() == [
        f"cameras production: 3 records, whole; newest #3 {newest}, 2 min ago",
        "cameras staging: 0 records, whole",
    ]


def test_what_was_changed_is_named_with_what_it_says(
    store: FakeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number, time, what it says and what is wrong; nothing that steers a terminal. The others are looked at too."""
    store.table.history[1] = replace(store.table.history[1], deployment="cameras-production-7")
    assert run(store, WHERE, ("cameras", "staging")) == 1
    assert capsys.readouterr().out.splitlines() == [
        "cameras production: 3 records, NOT WHOLE",
        (
            "  #2: 2026-09-21 14:13 UTC, plan of cameras-production-7 by T0TEST/U0DEPLOYER (a?[2J): "
            f"{Wrong.CHANGED}"
        ),
        "cameras staging: 0 records, whole",
    ]


def test_what_was_removed_is_named(store: FakeStore, capsys: pytest.CaptureFixture[str]) -> None:
    """The head knows how many there were."""
    store.table.history.clear()
    assert run(store) == 1
    assert f"  #1 to #3: {Wrong.REMOVED}" in capsys.readouterr().out


def test_a_history_that_was_written_anew_is_not_what_was_noted(
    store: FakeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is whole in itself: only what stands elsewhere tells."""
    noted = store.history_head(*WHERE)
    store.table.history.clear()
    store.table.heads.clear()
    store.commit(LINE, LINE, LINE)
    assert run(store) == 0
    assert run(store, noted=store.history_head(*WHERE)) == 0
    assert run(store, noted=noted) == 1
    assert str(Wrong.NOT_AS_NOTED) in capsys.readouterr().out


def test_an_environment_that_does_not_exist_is_not_whole(
    store: FakeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that was misspelt must not look like a good result; one that is no longer configured can be looked at."""
    assert run(store, ("cameras", "prodution")) == 2
    assert capsys.readouterr().err == "cameras prodution: there is no such environment\n"
    store.commit(replace(LINE, environment="retired"))
    assert run(store, ("cameras", "retired")) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--service", "cameras"],
        ["--environment", "production"],
        ["--head", "42:3fa9c1d2"],
        ["--service", "cameras", "--environment", "production", "--head", "42"],
        ["--service", "cameras", "--environment", "production", "--head", "42:3f"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, before AWS is asked anything."""
    try:
        code = main(["audit", "verify", *arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    assert capsys.readouterr().err


# --- the command itself, against a table over HTTP ----------------------------------------------------------------


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An endpoint, as the command finds it in its environment."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in environment(f"http://{host}:{port}").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    yield f"http://{host}:{port}"
    server.stop()


def test_all_configured_environments_of_a_table(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where none is named; then somebody deletes a record, and the exit code says it."""
    table = new_table(aws)
    client = JsonClient("dynamodb", environment(aws))
    store = DynamoStore(client, table)
    arguments = ["audit", "verify", "--table", table, "--region", CREDENTIALS["AWS_REGION"]]
    assert main(arguments) == 2, "nothing is configured yet"
    store.publish(raw_config())
    store.commit(LINE, LINE)
    capsys.readouterr()
    assert main(arguments) == 0
    said = capsys.readouterr().out.splitlines()
    assert [each.partition(";")[0] for each in said] == [
        "cameras production: 2 records, whole",
        "cameras staging: 0 records, whole",
        "@team roles: 0 records, whole",
        "@team updates: 0 records, whole",
    ]
    boto3.resource("dynamodb", "us-east-1").Table(table).delete_item(
        Key={"pk": "ENV#cameras#production", "sk": "HISTORY#00000001"}
    )
    assert main([*arguments, "--service", "cameras", "--environment", "production"]) == 1
    assert f"  #1: {Wrong.REMOVED}" in capsys.readouterr().out
    client.close()


def test_a_table_that_is_not_there(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be told is not whole, and not broken either."""
    assert main(["audit", "verify", "--table", f"none-{len(aws)}"]) == 2
    assert "could not be told" in capsys.readouterr().err
