"""Scanning real directories: links, odd names, what is refused and what is left out."""

import hashlib
import os
from pathlib import Path

import pytest

from chalicelib.domain.release_rules import IMMUTABLE, Rules
from cli.push.scan import Scan, scan


def said(found: Scan) -> dict[str, str]:
    """What is refused, by path."""
    return {each.path: each.what for each in found.problems if each.fatal}


def test_every_file_is_there_as_it_is(web: Path) -> None:
    """Paths with slashes in order, hashes of the bytes, headers by the rules; dotfiles and empty files too."""
    found = scan(web, Rules())
    assert not found.refused
    assert [each.path for each in found.files] == sorted(
        each.relative_to(web).as_posix() for each in web.rglob("*") if each.is_file()
    )
    for each in found.files:
        content = (web / each.path).read_bytes()
        assert (each.sha256, each.size) == (hashlib.sha256(content).hexdigest(), len(content))
    script = next(each for each in found.files if each.path.endswith(".js"))
    assert (script.cache, script.content_type) == (IMMUTABLE, "text/javascript; charset=utf-8")
    assert [each.path for each in found.files if each.page] == ["index.html"]


def test_links_inside_are_followed(web: Path) -> None:
    """As `aws s3 sync` does: a linked file and a linked folder are there under both names."""
    (web / "latest.js").symlink_to("assets/app.3f2a9c1b.js")
    (web / "old").symlink_to("assets")
    found = scan(web, Rules())
    assert said(found) == {}
    paths = {each.path for each in found.files}
    assert {"latest.js", "old/app.3f2a9c1b.js", "assets/app.3f2a9c1b.js"} <= paths


def test_the_directory_itself_may_be_a_link(web: Path, tmp_path: Path) -> None:
    """`current -> dist` is common; links inside it stay inside."""
    (tmp_path / "current").symlink_to(web)
    (web / "latest.js").symlink_to("assets/app.3f2a9c1b.js")
    assert scan(tmp_path / "current", Rules()).files == scan(web, Rules()).files


LOOP = "this link leads to a folder that it is in"


def test_links_that_leave_or_lead_nowhere_are_refused(web: Path, tmp_path: Path) -> None:
    """What is outside may be anything on the machine."""
    (tmp_path / "secret").write_text("x")
    (web / "out").symlink_to(tmp_path / "secret")
    (web / "up").symlink_to("..")
    (web / "none").symlink_to("nothing")
    (web / "self").symlink_to("self")
    found = said(scan(web, Rules()))
    assert found.pop("none").startswith("it can not be read")
    assert found.pop("self").startswith("it can not be read")
    assert found == dict.fromkeys(["out", "up"], "this link leads out of the directory")


@pytest.mark.parametrize("to", [".", ".."])
def test_a_link_to_a_folder_that_it_is_in_is_refused(web: Path, to: str) -> None:
    """Once, by its name, and not when the system has had enough of it."""
    (web / "assets" / "loop").symlink_to(to)
    assert said(scan(web, Rules())) == {"assets/loop": LOOP}


def test_links_that_lead_to_each_other_are_refused(web: Path) -> None:
    """Two folders in a ring, and a ring behind a folder that is reached in two ways; each is named once."""
    (web / "a").mkdir()
    (web / "b").mkdir()
    (web / "a" / "to_b").symlink_to("../b")
    (web / "b" / "to_a").symlink_to("../a")
    (web / "c").symlink_to("a")
    found = said(scan(web, Rules()))
    assert found == dict.fromkeys(["a/to_b/to_a", "b/to_a/to_b", "c/to_b/to_a"], LOOP)


def test_what_is_no_file_is_refused(web: Path) -> None:
    """A pipe would never end."""
    os.mkfifo(web / "pipe")
    assert set(said(scan(web, Rules()))) == {"pipe"}


def test_a_name_that_is_not_text_is_refused(web: Path) -> None:
    """Bytes that are not UTF-8 can be a file's name and no key."""
    Path(os.fsdecode(os.fsencode(web) + b"/bad\xff.js")).write_text("x")
    found = scan(web, Rules())
    assert list(said(found).values()) == ["its name is not UTF-8"]
    assert all(str(each).isprintable() for each in found.problems)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_can_not_be_read_is_refused(web: Path) -> None:
    """And named; a release without it would be incomplete."""
    (web / "index.html").chmod(0)
    assert said(scan(web, Rules())) == {"index.html": "it can not be read: Permission denied"}


def test_what_desktops_leave_is_left_out(web: Path) -> None:
    """With a word."""
    (web / ".DS_Store").write_text("x")
    found = scan(web, Rules())
    assert ".DS_Store" not in found.local
    assert [each.path for each in found.problems if "desktop" in each.what] == [".DS_Store"]


def test_pages_and_style_sheets_are_looked_into(web: Path) -> None:
    """What they refer to and is not there is told, and not refused."""
    (web / "sub").mkdir()
    (web / "sub" / "page.html").write_text('<img src="no.png">')
    (web / "assets" / "a.css").write_text("x { background: url(../no.jpg) }")
    found = scan(web, Rules())
    assert not found.refused
    told = [each.path for each in found.problems if "not there" in each.what]
    assert sorted(told) == ["assets/a.css", "sub/page.html"]


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    """A build that did not run."""
    assert said(scan(tmp_path, Rules())) == {"": "there is no file in this directory"}
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "none", Rules())
