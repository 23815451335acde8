"""What is shown while a push runs: lines in a log, a bar on a terminal."""

import io
from pathlib import Path

import pytest

from chalicelib.domain.release_rules import Rules
from cli.push.progress import Bar, Lines, shown
from cli.push.pushing import Wanted, plan, push
from cli.push.scan import scan
from tests.fakes.bucket import FakeBucket


def test_a_log_gets_a_line_for_each_quarter(tmp_path: Path) -> None:
    """Not one for each file, and none at the end, where the result stands."""
    for number in range(200):
        (tmp_path / f"{number}.html").write_text(f"{number}")
    found, bucket, out = scan(tmp_path, Rules()), FakeBucket(), io.StringIO()
    with Lines(out) as watcher:
        push(bucket, found, plan(bucket, found, Wanted("web", 0)), watcher)
    assert out.getvalue().splitlines() == [f"{count} of 200 files" for count in (50, 100, 150)]


def test_a_bar_counts_files_and_bytes(web: Path) -> None:
    """It ends where everything is there."""
    found, bucket = scan(web, Rules()), FakeBucket()
    with Bar() as watcher:
        push(bucket, found, plan(bucket, found, Wanted("web", 0)), watcher)
        (task,) = watcher._progress.tasks
    assert task.finished
    assert task.fields["files"] == f"{len(found.files)} of {len(found.files)} files"
    assert task.total == sum(each.size for each in found.files)


def test_who_waits_is_told_why() -> None:
    """In a log, and beside the bar."""
    out = io.StringIO()
    with Lines(out) as watcher:
        watcher.waits(120)
    said = "waiting 120 s for old files that somebody may be cleaning up"
    assert out.getvalue() == f"{said}\n"
    with Bar() as bar:
        bar.waits(120)
        assert bar._progress.tasks[0].fields["files"] == said


@pytest.mark.usefixtures("capsys")
def test_without_a_terminal_there_are_lines() -> None:
    """As in CI."""
    assert isinstance(shown(), Lines)
