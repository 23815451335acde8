"""The product's own SSM documents and the team's Ansible, run for real on a host of the sandbox."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from sandbox.team.build import Artifact, build, bundle_ansible
from tests.sandbox.estate_harness import HostBox, Objects, RunCommandBox, product_documents, run_command_box

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "i-0aaaaaaaaaaaaaaa1"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunCommandBox]:
    """One host and the product's documents."""
    hosts, s3 = HostBox(tmp_path / "hosts", "127.95.1"), Objects()
    hosts.start(HOST)
    for made in run_command_box(hosts, s3):
        for name, content in product_documents().items():
            made.document(name, content)
        yield made
    hosts.manager.stop_all()
    s3.shutdown()
    s3.server_close()


def run(box: RunCommandBox, document: str, **parameters: str) -> tuple[str, str]:
    """Status and output of a document on the host."""
    command = box.send(document, HOST, Parameters={name: [value] for name, value in parameters.items()})
    box.ended(command)
    invocation = box.invocations(command)[HOST]
    return invocation["Status"], invocation["CommandPlugins"][-1]["Output"].strip()


def install(box: RunCommandBox, made: Artifact, version: str, sha256: str = "") -> tuple[str, str]:
    url = box.s3.put(f"packages/{made.path.name}", made.path.read_bytes())
    return run(
        box,
        "Pointsman-Install",
        Service="cameras",
        Version=version,
        Package=url,
        Sha256=sha256 or made.sha256,
    )


def stand_in_service(box: RunCommandBox, program: str = "serve") -> Path:
    """A unit as Ansible writes it, without Ansible's seconds; the service's folder."""
    folder = box.hosts.folder / HOST
    home = folder / "opt/pointsman/cameras"
    unit = f"[Service]\nExecStart={home}/current/{program}\n"
    (folder / "etc/systemd/system/cameras.service").write_text(unit, encoding="utf-8")
    (folder / "etc/cameras.json").write_text(
        '{"role": "recorder", "environment": "production"}', encoding="utf-8"
    )
    return home


def test_a_host_is_configured_and_a_second_time_changes_nothing(box: RunCommandBox, tmp_path: Path) -> None:
    """Configure runs the team's playbook; it is idempotent, and its output is one line."""
    bundle = bundle_ansible(tmp_path)
    url = box.s3.put("ansible.tar.gz", bundle.path.read_bytes())
    asked = {"Service": "cameras", "Environment": "production", "Role": "control", "Bundle": url}
    first = run(box, "Pointsman-Configure", **asked, BundleSha256=bundle.sha256)
    second = run(box, "Pointsman-Configure", **asked, BundleSha256=bundle.sha256)
    assert first[0] == second[0] == "Success", first[1]
    assert "changed=0" not in first[1]
    assert "changed=0" in second[1]
    assert '"address": "127.95.1.1"' in (box.hosts.folder / HOST / "etc/cameras.json").read_text()


def test_a_playbook_that_fails_says_why(box: RunCommandBox, tmp_path: Path) -> None:
    """What Ansible said last is in the output, where SSM's 2,500 characters do not cut it off."""
    bundle = bundle_ansible(tmp_path)
    url = box.s3.put("ansible.tar.gz", bundle.path.read_bytes())
    status, output = run(
        box, "Pointsman-Configure", Service="cameras", Environment="nowhere", Role="control", Bundle=url,
        BundleSha256=bundle.sha256,
    )  # fmt: skip
    assert status == "Failed"
    assert "vars/nowhere.yml" in output
    assert output.endswith("ansible-playbook failed")


def test_a_bundle_with_another_checksum_is_not_unpacked(box: RunCommandBox) -> None:
    """Nothing is run from a bundle that is not the published one."""
    url = box.s3.put("ansible.tar.gz", b"something else")
    status, output = run(
        box, "Pointsman-Configure", Service="cameras", Environment="production", Role="control", Bundle=url,
        BundleSha256="0" * 64,
    )  # fmt: skip
    found = hashlib.sha256(b"something else").hexdigest()
    assert (status, f"the bundle's checksum is {found}, expected {'0' * 64}" in output) == ("Failed", True)


def test_a_package_is_installed_and_started_once(box: RunCommandBox, tmp_path: Path) -> None:
    """The release runs from its own folder; the same command again restarts nothing."""
    home = stand_in_service(box)
    made = build("142", tmp_path)
    assert install(box, made, "142") == ("Success", "cameras 142 is running")
    assert (home / "current").readlink().as_posix() == "releases/142"
    assert install(box, made, "142") == ("Success", "cameras 142 was already running")


def test_a_newer_release_takes_the_place_of_the_old(box: RunCommandBox, tmp_path: Path) -> None:
    """`current` moves to the new release; the old one stays beside it."""
    home = stand_in_service(box)
    install(box, build("141", tmp_path), "141")
    install(box, build("142", tmp_path), "142")
    assert (home / "current/VERSION").read_text() == "142\n"
    assert (home / "releases/141/VERSION").read_text() == "141\n"


def test_a_package_with_another_checksum_is_not_installed(box: RunCommandBox, tmp_path: Path) -> None:
    """The checksum is verified before anything is unpacked."""
    home = stand_in_service(box)
    status, output = install(box, build("142", tmp_path), "142", sha256="0" * 64)
    assert (status, "expected 000000" in output) == ("Failed", True)
    assert not home.exists()


def test_a_service_that_does_not_stay_up_fails_the_installation(box: RunCommandBox, tmp_path: Path) -> None:
    """A release whose program ends at once is a failed step, with what it printed."""
    home = stand_in_service(box, "drain")  # ends with a usage message
    status, output = install(box, build("142", tmp_path), "142")
    assert status == "Failed"
    assert "--batch" in output
    assert "cameras 142 does not stay up" in output
    assert not (home / "running.sha256").exists()


def test_checks_and_drain_run_from_the_release(box: RunCommandBox, tmp_path: Path) -> None:
    """Check and Drain run the release's own programs; a program that it does not have is named."""
    stand_in_service(box)
    install(box, build("142", tmp_path), "142")
    assert run(box, "Pointsman-Check", Service="cameras", Check="recorder")[0] == "Success"
    assert run(box, "Pointsman-Drain", Service="cameras", Batch="50", PauseSeconds="1")[0] == "Success"
    status, output = run(box, "Pointsman-Check", Service="cameras", Check="missing")
    assert (status, "the release has no check missing" in output) == ("Failed", True)
