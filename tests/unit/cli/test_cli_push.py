"""`pointsman push` as typed: what is said, the exit codes, the report and the git tag. The bucket is in memory."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chalicelib.domain.release import decode, manifest_key, object_key
from chalicelib.wire import ci
from cli.main import _parser
from cli.push.command import OK, REFUSED, UNFINISHED, UNREPORTED, USAGE, Outside, run
from cli.push.pushing import Clock
from tests.fakes.bucket import FakeBucket

NOON = 1_795_356_300.0
TAG = "web_2026-11-22_14-05"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONFIGURATION = """\
workspace: T0SANDBOX
channel: C0DEPLOYS
people:
  admin: [U0LEAD, U0APPROVER]
services:
  web:
    kind: frontend
    bucket: example-releases
    cache:
      - {files: "docs/**", control: no-store}
    environments:
      production: {}
      staging: {protected: false}
      preview: {}
"""
Push = Callable[..., int]


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a configuration and what a build wrote, and a developer without settings of their own."""
    for name in ("POINTSMAN_URL", "POINTSMAN_SOURCE", "POINTSMAN_SECRET", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Deployer")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "deployer@example.com")
    root = tmp_path / "repository"
    (root / "dist" / "docs").mkdir(parents=True)
    (root / "pointsman.yaml").write_text(CONFIGURATION)
    (root / "dist" / "index.html").write_text("<!doctype html>")
    (root / "dist" / "docs" / "a.html").write_text("<!doctype html>docs")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def bucket() -> FakeBucket:
    """An empty bucket."""
    return FakeBucket(at=NOON)


def _never(seconds: float) -> None:
    raise AssertionError(f"{seconds} s are waited for")


@pytest.fixture
def push(team: Path, bucket: FakeBucket) -> Push:  # noqa: ARG001  # where it runs
    """Run the command with arguments."""

    def typed(*arguments: str, service: str = "web") -> int:
        given = _parser().parse_args(["push", "dist", "--service", service, *arguments])
        return run(given, Outside(lambda _name, _region: bucket, Clock(lambda: NOON, _never)))

    return typed


def test_a_push_says_what_it_did_and_ends_with_the_tag(
    push: Push, capsys: pytest.CaptureFixture[str]
) -> None:
    """And that nobody was told of it."""
    assert push() == OK
    assert capsys.readouterr().out.splitlines() == [
        "1 of 2 files",
        "2 files, 34 bytes: 2 added, 0 changed, 0 removed",
        "2 sent (34 bytes), 0 in the bucket already",
        TAG,
        "not reported: POINTSMAN_URL is not set",
    ]


def test_pushing_the_same_again_says_so(push: Push, capsys: pytest.CaptureFixture[str]) -> None:
    """It is done, not refused."""
    push()
    capsys.readouterr()
    assert push() == OK
    assert f"{TAG} has the same files; there is nothing to push" in capsys.readouterr().out


def test_the_next_version_of_the_same_files_is_told(
    push: Push, door: "type[Door]", capsys: pytest.CaptureFixture[str]
) -> None:
    """What CI asks for next (`/deploy web@143`) is known to the service, although nothing was sent."""
    push("--version", "142")
    capsys.readouterr()
    assert push("--version", "143") == OK
    assert capsys.readouterr().out.splitlines() == [
        f"2 files, 34 bytes: 0 added, 0 changed, 0 removed since {TAG}",
        "0 sent (0 bytes), 2 in the bucket already",
        f"{TAG}-2",
        "reported",
    ]
    told = [content["data"] for _path, _headers, content in door.seen]
    assert [(each["version"], each["tag"]) for each in told] == [("142", TAG), ("143", f"{TAG}-2")]


def test_a_dry_run_writes_nothing(push: Push, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be sent."""
    assert push("--dry-run") == OK
    assert bucket.objects_ == {}
    assert "2 to send (34 bytes), 0 in the bucket already" in capsys.readouterr().out


def test_cache_rules_of_the_configuration_count(push: Push, bucket: FakeBucket) -> None:
    """Beside the usual ones."""
    push()
    made = decode(bucket.objects_[manifest_key(TAG)].content)
    headers = {each.path: bucket.objects_[object_key(each)].headers[1] for each in made.files}
    assert headers["docs/a.html"] == "no-store"
    assert headers["index.html"] == "no-cache"


@pytest.mark.parametrize(
    ("arguments", "service", "said"),
    [
        (("--file", "none.yaml"), "web", "none.yaml: No such file"),
        (("--env", "prod"), "web", "web has no environment prod; production, staging, preview"),
        (("--version", "a b"), "web", "--version"),
        ((), "shop", "shop is no frontend in pointsman.yaml; frontends there: web"),
    ],
)
def test_wrong_usage(
    push: Push, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], service: str, said: str
) -> None:
    """Exit code 2, and what is known."""
    assert push(*arguments, service=service) == USAGE
    assert said in capsys.readouterr().err


def test_what_can_not_be_pushed_is_refused(
    team: Path, push: Push, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1: the directory, or the configuration; nothing is written."""
    (team / "dist" / ".env").write_text("SECRET=1")
    assert push() == REFUSED
    assert "refused: .env: everybody could read it" in capsys.readouterr().err
    (team / "pointsman.yaml").write_text("workspace: 1")
    assert push() == REFUSED
    assert bucket.objects_ == {}


def test_warnings_do_not_stop_a_push(team: Path, push: Push, capsys: pytest.CaptureFixture[str]) -> None:
    """A page may refer to what another system serves; a thousand warnings are twenty and a count."""
    text = "".join(f'<img src="{number}.png">' for number in range(30))
    (team / "dist" / "index.html").write_text(text)
    assert push() == OK
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "warning: index.html: refers to 0.png, which is not there"
    assert said[-1] == "warning: and 10 more"
    assert len(said) == 21


def test_a_push_that_does_not_end_goes_on_next_time(
    push: Push, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, and what to do."""
    bucket.fail_at = 7
    assert push() == UNFINISHED
    assert "push again, and it goes on from there" in capsys.readouterr().err
    assert manifest_key(TAG) not in bucket.objects_
    bucket.fail_at = -1
    assert push() == OK
    assert manifest_key(TAG) in bucket.objects_


# --- the report -------------------------------------------------------------------------------------------------


class Door(BaseHTTPRequestHandler):
    """The service's door for CI: it verifies as the service does."""

    seen: ClassVar[list[tuple[str, dict[str, str], dict[str, Any]]]] = []
    status: ClassVar[int] = 202

    def do_POST(self) -> None:
        """Verify, keep, answer."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        ci.verify(headers, body, [SECRET], NOON)
        self.seen.append((self.path, headers, json.loads(body)))
        answer = json.dumps({"status": "accepted", "message": "go\x1b away"}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


@pytest.fixture
def door(team: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Door]]:  # noqa: ARG001  # which clears them
    """A door that is open, and the settings for it."""
    Door.seen.clear()
    Door.status = 202
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("POINTSMAN_URL", f"http://127.0.0.1:{server.server_port}/api/")
        monkeypatch.setenv("POINTSMAN_SOURCE", "jenkins")
        monkeypatch.setenv("POINTSMAN_SECRET", SECRET)
        yield Door
        server.shutdown()


def test_the_service_is_told(push: Push, door: type[Door], capsys: pytest.CaptureFixture[str]) -> None:
    """Signed, with what the release is and what is different in it."""
    assert push("--env", "staging", "--version", "7", "--commit", "abc1234") == OK
    ((path, _headers, content),) = door.seen
    assert path == "/api/hooks/ci/jenkins"
    assert content["type"] == "release.pushed"
    data = content["data"]
    assert (data["service"], data["tag"], data["environment"], data["version"]) == (
        "web",
        TAG,
        "staging",
        "7",
    )
    assert (data["files"], data["bytes"], data["added"], data["commit"]) == (2, 34, 2, "abc1234")
    assert "before" not in data
    assert capsys.readouterr().out.endswith("reported\n")


def test_telling_again_is_the_same_message(push: Push, door: type[Door]) -> None:
    """The service knows it by its id, so a push that was repeated is one release."""
    push()
    push()
    first, again = (headers["webhook-id"] for _path, headers, _content in door.seen)
    assert first == again
    assert door.seen[0][2] == door.seen[1][2]


def test_a_report_that_fails_leaves_the_release(
    push: Push, bucket: FakeBucket, door: type[Door], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4; what the service said is shown, and steers no terminal."""
    door.status = 403
    assert push() == UNREPORTED
    said = capsys.readouterr().err
    assert (
        f"{TAG} is pushed, but not reported: the service answered 403: go  away; push again to report it"
        in said
    )
    assert manifest_key(TAG) in bucket.objects_


@pytest.mark.usefixtures("door", "capsys")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POINTSMAN_URL", "http://example.com", "is not an https address"),
        ("POINTSMAN_URL", "http://127.0.0.1:1", "did not answer"),
        ("POINTSMAN_SECRET", "not base64!", "POINTSMAN_SECRET is not a secret"),
        ("POINTSMAN_SECRET", "", "POINTSMAN_SECRET is not a secret"),
    ],
)
def test_wrong_settings_are_told(
    request: pytest.FixtureRequest, push: Push, name: str, value: str, said: str
) -> None:
    """And never the secret itself."""
    request.getfixturevalue("monkeypatch").setenv(name, value)
    assert push() == UNREPORTED
    shown = request.getfixturevalue("capsys").readouterr().err
    assert said in shown
    assert "not base64!" not in shown


# --- git --------------------------------------------------------------------------------------------------------


def git(*arguments: str) -> str:
    """Git in the team's repository."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def remote(team: Path, tmp_path: Path) -> Path:  # noqa: ARG001  # the current folder
    """The team's repository with one commit, and where it is pushed to."""
    git("init", "--quiet", "--initial-branch=main")
    git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    git("remote", "add", "origin", str(tmp_path / "remote"))
    git("add", "pointsman.yaml")
    git("commit", "--quiet", "--message", "first")
    return tmp_path / "remote"


def test_a_protected_environment_gets_a_git_tag(push: Push, remote: Path) -> None:
    """Annotated, on the commit that was built, at the remote too; pushing again changes nothing."""
    assert push("--env", "production") == OK
    assert git("-C", str(remote), "rev-parse", f"{TAG}^{{commit}}") == git("rev-parse", "HEAD")
    assert git("-C", str(remote), "cat-file", "-t", TAG) == "tag"
    assert "for production" in git("tag", "--list", "--format=%(contents)", TAG)
    assert push("--env", "production") == OK


def test_other_environments_get_none(push: Push, remote: Path) -> None:  # noqa: ARG001  # a repository
    """Nor does a push that is for none, or one that says so."""
    assert [push("--env", "staging"), push(), push("--env", "production", "--no-git-tag")] == [OK, OK, OK]
    assert git("tag", "--list") == ""


def test_a_dirty_tree_is_refused_before_anything_is_sent(
    team: Path,
    push: Push,
    bucket: FakeBucket,
    remote: Path,  # noqa: ARG001  # a repository
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The tag would name what was not built. What the build wrote is no dirt."""
    (team / "new.js").write_text("x")
    assert push("--env", "production") == REFUSED
    assert "not committed: new.js" in capsys.readouterr().err
    assert bucket.objects_ == {}


def test_dirt_anywhere_in_the_repository_counts(
    team: Path,
    push: Push,
    remote: Path,  # noqa: ARG001  # a repository
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also outside the folder that the command runs in, and where a known file was changed."""
    (team / "site").mkdir()
    (team / "dist").rename(team / "site" / "dist")
    (team / "pointsman.yaml").write_text(CONFIGURATION + "# changed")
    monkeypatch.chdir(team / "site")
    assert push("--env", "production", "--file", "../pointsman.yaml") == REFUSED
    assert "not committed: pointsman.yaml" in capsys.readouterr().err


def test_the_same_files_from_a_later_commit_keep_their_tag(push: Push, remote: Path) -> None:
    """It names the commit that they were built from first; a fresh clone learns that from the remote."""
    assert push("--env", "production") == OK
    first = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "--message", "second")
    assert push("--env", "production") == OK
    git("tag", "--delete", TAG)
    assert [push("--env", "production"), push("--env", "preview")] == [OK, OK]
    assert git("rev-parse", f"{TAG}^{{commit}}") == first
    assert git("-C", str(remote), "rev-parse", f"{TAG}^{{commit}}") == first


def test_a_tag_of_somebody_else_is_left_alone(
    push: Push,
    remote: Path,  # noqa: ARG001  # a repository
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is said, and the release stays pushed."""
    git("tag", "--annotate", "--message", "mine", TAG)
    assert push("--env", "production") == UNREPORTED
    assert f"there is a tag {TAG} already, which says something else" in capsys.readouterr().err
    assert git("tag", "--list", "--format=%(contents)", TAG) == "mine"


def test_no_repository_is_refused(push: Push, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]) -> None:
    """With the way round it."""
    assert push("--env", "production") == REFUSED
    assert "--no-git-tag" in capsys.readouterr().err
    assert bucket.objects_ == {}


def test_a_remote_that_refuses_leaves_the_release(
    push: Push, bucket: FakeBucket, remote: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4; the next push tags it."""
    away = remote.rename(remote.with_name("away"))
    assert push("--env", "production") == UNREPORTED
    assert f"{TAG} is pushed, but not tagged: git push" in capsys.readouterr().err
    assert manifest_key(TAG) in bucket.objects_
    away.rename(remote)
    assert push("--env", "production") == OK
    assert git("-C", str(remote), "tag", "--list") == TAG
