"""Pictures in Slack: three calls, nothing secret outside the Web API, and every failure one that may pass."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest

from chalicelib.adapters.slack import SlackChat
from chalicelib.adapters.slack_files import draw_png
from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.usecases.chat_ports import Bar, BarKind, Chart, Message, Timeline
from chalicelib.wire.slack_message import blocks_of
from tests.builders import NOW
from tests.unit.adapters.loopback import LOST, Reply, Service, serving
from tests.unit.adapters.test_slack import no, ok

PICTURE = Timeline("Timeline", "a" * 1_500, (Bar(NOW, NOW + 60, "Prepare", BarKind.WORK),), file="F0000001")


@contextmanager
def chat(*replies: Reply) -> Iterator[tuple[Service, SlackChat]]:
    """Slack on loopback, which gives its own address for the bytes."""
    with serving(*replies) as service:
        address = f"{service.url}/upload/v1/x".encode()
        service.replies = [
            Reply(each.status, each.body.replace(b"ADDRESS", address), each.headers) for each in replies
        ]
        yield service, SlackChat(lambda: "xoxb-token", f"{service.url}/api/", draw=lambda _: b"png")


BEGUN = ok(upload_url="ADDRESS", file_id="F0000001")


def test_a_picture_is_sent_to_the_address_that_slack_gives() -> None:
    """Its size and words go first, then the bytes, without the token."""
    with chat(BEGUN, Reply(200, b"OK - 3")) as (service, slack):
        assert slack.upload(PICTURE) == "F0000001"
        first, second = service.asked
        form = parse_qs(first.body.decode())
        assert first.path == "/api/files.getUploadURLExternal"
        assert (form["length"], form["filename"]) == (["3"], ["timeline.png"])
        assert form["alt_txt"] == [f"{'a' * 999}…"]
        assert (second.path, second.body) == ("/upload/v1/x", b"png")
        assert "authorization" not in second.headers


def test_a_chart_is_a_file_with_a_name_of_its_own() -> None:
    """Whoever saves it finds it again."""
    with chat(BEGUN, Reply(200, b"OK - 3")) as (service, slack):
        slack.upload(Chart("Key metrics", "words"))
        assert parse_qs(service.asked[0].body.decode())["filename"] == ["key-metrics.png"]


def test_a_file_is_completed_without_a_channel() -> None:
    """Only the messages that name it show it."""
    with chat(ok()) as (service, slack):
        slack.release(PICTURE)
        sent = json.loads(service.asked[0].body)
        assert sent == {"files": [{"id": "F0000001", "title": "Timeline"}]}


def test_completing_what_is_complete_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody did, and died before saying so."""
    with chat(no("file_not_found")) as (_, slack):
        slack.release(PICTURE)
    assert "file_not_found" in capsys.readouterr().err


@pytest.mark.parametrize("trouble", [Reply(500), LOST, Reply(400, b"no")])
def test_bytes_that_were_not_taken_are_sent_again_later(trouble: Reply) -> None:
    """With a file of its own: Slack drops what is never completed."""
    with chat(BEGUN, trouble) as (_, slack), pytest.raises(Unavailable):
        slack.upload(PICTURE)


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "ftp://slack.invalid/x"])
def test_only_web_addresses_are_sent_to(address: str) -> None:
    """Whatever an answer says."""
    with chat(ok(upload_url=address, file_id="F1")) as (service, slack):
        with pytest.raises(Unavailable):
            slack.upload(PICTURE)
        assert len(service.asked) == 1


def test_a_scope_that_is_missing_may_be_added() -> None:
    """An operator mends it; a workspace that takes no files never will."""
    with chat(no("missing_scope")) as (_, slack), pytest.raises(Unavailable):
        slack.upload(PICTURE)
    with chat(no("file_uploads_disabled")) as (_, slack), pytest.raises(Refused):
        slack.upload(PICTURE)


def test_a_picture_that_can_not_be_shown_yet_is_not_ready() -> None:
    """Without one, blocks that Slack does not take are refused for good."""
    with chat(no("invalid_blocks"), no("invalid_blocks")) as (_, slack):
        with pytest.raises(NotReady):
            slack.update("C0A", "1.2", Message("done", picture=PICTURE))
        with pytest.raises(Refused):
            slack.update("C0A", "1.2", Message("done"))


def test_a_picture_is_an_image_block_with_words() -> None:
    """Once it has a file."""
    blocks = blocks_of(Message("done", lines=("Done.",), picture=PICTURE))
    assert blocks[1] == {"type": "image", "slack_file": {"id": "F0000001"}, "alt_text": "a" * 1_500}
    assert len(blocks_of(Message("done", lines=("Done.",), picture=Timeline("Timeline", "words")))) == 1


def test_what_can_not_be_drawn_is_no_error_of_the_message() -> None:
    """A picture without bars or columns can not be."""
    for empty in (Timeline("Timeline", "words"), Chart("Key metrics", "words")):
        with pytest.raises(Unavailable):
            draw_png(empty)
