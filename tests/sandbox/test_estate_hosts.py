"""Hosts: each instance is real processes with a folder and an address, and ends without leaving one behind."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from sandbox.estate.hosts import ROOT
from sandbox.estate.link import HostGone, alive, ask
from sandbox.estate.processes import descendants, marked
from sandbox.estate.units import parse_unit
from tests.sandbox.estate_harness import HostBox, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "i-0aaaaaaaaaaaaaaa1"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[HostBox]:
    box = HostBox(tmp_path, "127.91.1")
    yield box
    box.manager.stop_all()


def unit(folder: Path, text: str, name: str = "worker") -> None:
    (folder / f"etc/systemd/system/{name}.service").write_text(f"[Service]\n{text}\n", encoding="utf-8")


def test_a_command_sees_the_hosts_own_environment(hosts: HostBox) -> None:
    """A command knows the host's folder and address, and nothing of who started the host."""
    folder = hosts.start()
    shown = hosts.run(HOST, "env; pwd")["stdout"].splitlines()
    assert f"POINTSMAN_ROOT={folder}" in shown
    assert "POINTSMAN_ADDRESS=127.91.1.1" in shown
    assert "LC_ALL=C.UTF-8" in shown
    assert not [line for line in shown if line.startswith(("AWS_", "PYTEST", "VIRTUAL_ENV"))]


def test_a_command_reports_how_it_ended(hosts: HostBox) -> None:
    """Exit code, standard output and standard error come back as they were."""
    hosts.start()
    done = hosts.run(HOST, "echo out; echo err >&2; exit 7")
    assert (done["code"], done["stdout"], done["stderr"], done["timed_out"]) == (7, "out\n", "err\n", False)


def test_commands_give_way_to_services(hosts: HostBox) -> None:
    """Hosts share this machine: installing on the new ones must not slow down the service on the old ones."""
    folder = hosts.start()
    unit(folder, f"ExecStart=/bin/sh -c 'nice > {folder}/niceness; exec sleep 600'")
    command = hosts.run(HOST, "systemctl start worker; nice")["stdout"]
    eventually(lambda: (folder / "niceness").exists() and (folder / "niceness").read_text() != "")
    assert int(command) > int((folder / "niceness").read_text())


def test_a_command_that_takes_too_long_is_ended_with_its_children(hosts: HostBox) -> None:
    """After its time nothing of it is left running."""
    folder = hosts.start()
    before = marked(f"POINTSMAN_ROOT={folder}")
    assert hosts.run(HOST, "sleep 60 & sleep 60", seconds=0.2)["timed_out"]
    eventually(lambda: marked(f"POINTSMAN_ROOT={folder}") == before)


def test_a_command_is_over_although_it_left_something_running(hosts: HostBox) -> None:
    """A process in the background that keeps the output open does not hold up the command."""
    hosts.start()
    assert hosts.run(HOST, "sleep 60 & echo done", seconds=5) == {
        "code": 0, "stdout": "done\n", "stderr": "", "timed_out": False,
    }  # fmt: skip


def test_long_folders_work(tmp_path: Path) -> None:
    """A unix socket's path has at most 107 bytes (unix(7)); a host's folder may be longer."""
    box = HostBox(tmp_path / ("deep-" * 30), "127.91.2")
    box.folder.mkdir()
    box.start()
    try:
        assert box.run(HOST, "systemctl is-active nothing")["code"] == 5
    finally:
        box.manager.stop_all()


def test_stopping_leaves_no_process(hosts: HostBox) -> None:
    """Services, commands and what made itself independent all end with the instance."""
    folder = hosts.start()
    unit(folder, "ExecStart=/bin/sleep 600")
    hosts.run(HOST, "systemctl start worker; setsid sleep 600 & (trap '' TERM; setsid sleep 600) &")
    assert len(marked(f"POINTSMAN_ROOT={folder}")) >= 3
    hosts.manager.stop(HOST)
    assert not marked(f"POINTSMAN_ROOT={folder}")


def test_hosts_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Where the sandbox is killed, its hosts end by themselves."""
    folder = tmp_path / HOST
    code = (
        "import sys; from pathlib import Path; from sandbox.estate.hosts import HostManager\n"
        "HostManager().start(sys.argv[1], '127.91.3.1', Path(sys.argv[2])); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, HOST, str(folder)], cwd=ROOT, stdin=subprocess.PIPE
    )
    eventually(lambda: alive(folder) if folder.exists() else False)
    hosts_script = {"do": "run", "argv": ["sh", "-c", "setsid sleep 600 &"], "folder": "/", "timeout": 5}
    ask(folder, hosts_script, 5)
    parent.kill()
    parent.communicate()
    eventually(lambda: not marked(f"POINTSMAN_ROOT={folder}"))


def test_a_host_that_is_gone_is_reported(hosts: HostBox) -> None:
    """Whoever asks a host that has ended gets HostGone, not a hang."""
    folder = hosts.start()
    hosts.manager.stop(HOST)
    with pytest.raises(HostGone):
        ask(folder, {"do": "ping"}, 1)


def test_starting_twice_is_one_host(hosts: HostBox) -> None:
    """A running host is left alone."""
    folder = hosts.start()
    before = marked(f"POINTSMAN_ROOT={folder}")
    hosts.manager.start(HOST, "127.91.1.1", folder)
    assert marked(f"POINTSMAN_ROOT={folder}") == before


def test_services_are_started_restarted_and_shown(hosts: HostBox) -> None:
    """systemctl start, is-active, restart and stop do what systemd's do, with its exit codes."""
    folder = hosts.start()
    unit(folder, "ExecStart=/bin/sleep 600")
    done = hosts.run(
        HOST, "systemctl is-active worker; echo $?; systemctl restart worker && systemctl is-active worker"
    )
    assert done["stdout"].split() == ["inactive", "3", "active"]
    assert (
        hosts.run(HOST, "systemctl stop worker; systemctl is-active --quiet worker; echo $?")["stdout"]
        == "3\n"
    )


def test_a_service_that_dies_is_restarted(hosts: HostBox) -> None:
    """With Restart=always init starts it again (systemd.service, "Restart=")."""
    folder = hosts.start()
    runs = folder / "runs"
    unit(folder, f"ExecStart=/bin/sh -c 'echo run >> {runs}; exit 1'\nRestart=always\nRestartSec=0.01")
    hosts.run(HOST, "systemctl start worker")
    eventually(lambda: runs.exists() and runs.read_text().count("run") >= 3)


def test_a_service_that_fails_without_restart_is_failed(hosts: HostBox) -> None:
    """With Restart=no (systemd's default) it stays down and is shown as failed."""
    folder = hosts.start()
    unit(folder, "ExecStart=/bin/false")
    hosts.run(HOST, "systemctl start worker")
    eventually(lambda: hosts.run(HOST, "systemctl is-active worker")["stdout"] == "failed\n")


def test_enabled_services_start_with_the_host(hosts: HostBox) -> None:
    """After a stop and start of the instance its enabled services run again."""
    folder = hosts.start()
    unit(folder, "ExecStart=/bin/sleep 600")
    hosts.run(HOST, "systemctl enable --now worker")
    hosts.manager.stop(HOST)
    hosts.start()
    assert hosts.run(HOST, "systemctl is-active worker")["stdout"] == "active\n"


def test_a_changed_unit_counts_after_daemon_reload(hosts: HostBox) -> None:
    """A running service keeps what it was started with; a reload and a restart take the new file."""
    folder = hosts.start()
    seen = folder / "seen"
    unit(folder, f"ExecStart=/bin/sh -c 'echo $WHAT > {seen}; exec sleep 600'\nEnvironment=WHAT=old")
    hosts.run(HOST, "systemctl start worker")
    unit(folder, f"ExecStart=/bin/sh -c 'echo $WHAT > {seen}; exec sleep 600'\nEnvironment=WHAT=new")
    hosts.run(HOST, "systemctl restart worker")
    eventually(lambda: seen.exists() and seen.read_text() == "old\n")
    hosts.run(HOST, "systemctl daemon-reload; systemctl restart worker")
    eventually(lambda: seen.read_text() == "new\n")


def test_a_unit_needs_a_program() -> None:
    """Without ExecStart there is nothing to start."""
    with pytest.raises(ValueError, match="ExecStart"):
        parse_unit("[Service]\nRestart=always\n")


def test_a_unit_is_read_like_systemd_does() -> None:
    """Quotes hold words together, Environment may repeat, comments and unknown keys are passed over."""
    unit = parse_unit(
        '[Service]\n# no\nExecStart=/bin/x "a b"\nEnvironment=A=1 "B=2 3"\nEnvironment=C=\nDynamicUser=yes\n'
    )
    assert unit.command == ("/bin/x", "a b")
    assert unit.environment == {"A": "1", "B": "2 3", "C": ""}
    assert unit.restart == "no"


def test_descendants_are_found_at_any_depth() -> None:
    """Children of children belong to the tree."""
    with subprocess.Popen(
        ["sh", "-c", "sh -c 'sleep 600; true' & echo started; wait"], stdout=subprocess.PIPE
    ) as top:
        assert top.stdout
        top.stdout.readline()
        eventually(lambda: len(descendants(top.pid)) == 2)
        for pid in descendants(top.pid):
            with suppress(ProcessLookupError):  # a child may end with its parent
                os.kill(pid, 9)
