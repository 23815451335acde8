"""Publishing: what the service then reads, what is stored beside it, and what is not published twice."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Drain, RouteSpec, Team, Timeouts
from cli.bundle import BundleError, pack
from cli.check import check
from cli.publish import publish


class Versions:
    """The table's part of publishing, in memory; stores JSON, as a table would not keep a tuple."""

    def __init__(self) -> None:
        self.published: list[str] = []

    def team(self) -> Team:
        """The newest."""
        if not self.published:
            raise Refused(Reason.NOT_CONFIGURED)
        return Team(len(self.published), json.loads(self.published[-1]))

    def publish(self, raw: dict[str, object]) -> int:
        """Append."""
        self.published.append(json.dumps(raw))
        return len(self.published)


class Artifacts:
    """The bucket, in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        """Store."""
        self.objects[key] = content

    def url(self, key: str) -> str:
        """As S3 addresses it."""
        return f"https://artifacts.s3.us-east-1.amazonaws.com/{key}"


@pytest.fixture
def versions() -> Versions:
    """Nothing is published yet."""
    return Versions()


@pytest.fixture
def artifacts() -> Artifacts:
    """An empty bucket."""
    return Artifacts()


def _read(text: str, data: Path) -> dict[str, Any]:
    checked = check(text.encode(), data)
    assert checked.findings == ()
    result: dict[str, Any] = checked.data
    return result


def test_the_service_reads_what_was_written(
    valid: str, data: Path, versions: Versions, artifacts: Artifacts
) -> None:
    """Every setting arrives, times in seconds and defaults written out."""
    assert publish(_read(valid, data), data, versions, artifacts).version == 1
    team = versions.team()
    production = team.environment("cameras", "production")
    assert (team.workspace, team.channel) == ("T0SANDBOX", "C0DEPLOYS")
    assert team.people("deployer") == {"U0DEPLOYER"}
    assert team.people("admin") == {"U0DEPLOYER"}
    assert team.ci_services("jenkins") == {"cameras"}
    assert production.protected is True
    assert production.channel == "C0DEPLOYS"
    assert production.roles == ("control", "recorder")
    assert production.routes == (
        RouteSpec("control", "weighted", ("cameras",), 9000, ("cameras-blue", "cameras-green")),
    )
    assert production.drain == Drain(batch=25, pause=1, hosts=1)
    assert production.timeouts == Timeouts(ask=300, keep_old=7_200)
    assert production.bake_seconds == 30
    assert production.prices == {"t3.small": 0.0208}
    assert set(versions.team().raw["services"]["cameras"]["environments"]["production"]) == {
        "protected", "channel", "switch", "traffic", "timeouts", "approvals", "bake", "freezes", "old_fleet",
            "mixed_images",
    }  # fmt: skip


def test_the_other_strategies_arrive(data: Path, versions: Versions, artifacts: Artifacts) -> None:
    """The short form becomes a list of one; zone and record stay."""
    publish(_read((data / "lab.yaml").read_text(), data), data, versions, artifacts)
    assert versions.team().environment("cameras", "lab").routes[0].target_groups == ("cameras",)
    assert versions.team().environment("cameras", "lab").drain is None
    publish(_read((data / "field.yaml").read_text(), data), data, versions, artifacts)
    (route,) = versions.team().environment("cameras", "field").routes
    assert (route.strategy, route.zone, route.record) == ("dns", "example.test", "cameras.example.test")


def test_the_bundle_is_where_the_version_says(
    valid: str, data: Path, versions: Versions, artifacts: Artifacts
) -> None:
    """The published address leads to the archive with the published checksum, and site.yml is at its top."""
    publish(_read(valid, data), data, versions, artifacts)
    bundle = versions.team().environment("cameras", "production").bundle
    ((key, content),) = artifacts.objects.items()
    assert bundle.url == artifacts.url(key)
    assert key == f"ansible/{bundle.sha256}.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert tar.getnames() == ["site.yml"]


def test_the_same_again_is_not_published(
    valid: str, data: Path, versions: Versions, artifacts: Artifacts
) -> None:
    """Another way to write the same, such as 300 for 5m, is no new version."""
    publish(_read(valid, data), data, versions, artifacts)
    again = publish(_read(valid.replace("ask: 5m", "ask: 300"), data), data, versions, artifacts)
    assert (again.version, again.new, len(versions.published)) == (1, False, 1)


def test_the_difference_is_short(valid: str, data: Path, versions: Versions, artifacts: Artifacts) -> None:
    """Added, removed and changed services and environments are named, with the settings that changed."""
    first = publish(_read(valid, data), data, versions, artifacts)
    assert first.changes == ("+ service cameras",)
    text = (
        valid.replace("ask: 5m", "ask: 6m").replace("batch: 25", "batch: 5").replace("U0APPROVER", "U0OTHER")
    )
    text += "      lab:\n        protected: false\n"
    second = publish(_read(text, data), data, versions, artifacts)
    assert second.changes == (
        "~ people",
        "~ service cameras: drain",
        "+ environment cameras lab",
        "~ environment cameras production: timeouts",
    )
    renamed = text.replace("  cameras:\n", "  doors:\n").replace("[cameras]", "[doors]")
    third = publish(_read(renamed, data), data, versions, artifacts)
    assert third.changes == ("~ ci", "- service cameras", "+ service doors")


def test_a_lost_race_publishes_nothing(valid: str, data: Path, artifacts: Artifacts) -> None:
    """Somebody else's version stays the newest, and the loser is told."""

    class Raced(Versions):
        def publish(self, raw: dict[str, object]) -> int:
            super().publish(raw)  # somebody else's, stored a moment before
            raise Conflict("version 1 exists")

    raced = Raced()
    with pytest.raises(Conflict):
        publish(_read(valid, data), data, raced, artifacts)
    assert raced.team().version == 1


def test_a_bundle_depends_on_content_only(tmp_path: Path) -> None:
    """Times, order of creation and hidden files do not change it; content and the right to execute do."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, ("a", "b")), (two, ("b", "a"))):
        (folder / "roles").mkdir(parents=True)
        for name in names:
            (folder / "roles" / name).write_text(name)
    (two / ".git").mkdir()
    (two / "__pycache__").mkdir()
    assert pack(one) == pack(two)
    (two / "roles" / "a").chmod(0o755)
    assert pack(one).sha256 != pack(two).sha256


def test_a_bundle_has_no_links(tmp_path: Path) -> None:
    """A link would take a file from outside of the folder, or lead elsewhere on the host."""
    (tmp_path / "site.yml").symlink_to("/etc/hostname")
    with pytest.raises(BundleError, match="is a link; put the file itself there"):
        pack(tmp_path)
