"""Content types, cache policies, names and references of a release's files."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.release import File
from chalicelib.domain.release_names import Problem, problems
from chalicelib.domain.release_pages import Directory, candidates, in_css, in_html, missing
from chalicelib.domain.release_rules import (
    IMMUTABLE,
    NO_CACHE,
    SHORT,
    CacheRule,
    Rules,
    fits,
    is_hashed,
    served,
)


@pytest.mark.parametrize(
    "name",
    [
        "app.3f2a9c1b.js",  # Parcel, webpack
        "assets/index-DxY12_aB.js",  # Vite
        "assets/index-B-D3x_Q9.css",  # Vite: a dash inside the hash
        "static/js/main.d587bbd6.chunk.js",  # Create React App
        "static/js/main.d587bbd6e38337f5accd.js.map",
        "chunk-5KCE3ZQA.js",  # esbuild
        "media/3f2a9c1b3f2a9c1b.woff2",  # the hash alone
        "font.3f2a9c1b.min.css",
    ],
)
def test_names_that_builds_give_are_hashed(name: str) -> None:
    """They are kept for a year."""
    assert is_hashed(name)
    assert served(name, (), Rules()).cache == IMMUTABLE


@pytest.mark.parametrize(
    "name",
    [
        "app.js",
        "service-discovery.js",
        "photo-20261122.jpg",
        "app-version2.js",
        "app-Version2.js",
        "app.VERSION2.js",
        "jquery-3.7.1.min.js",
        "deadbeef/app.js",
        "hello-facade.js",
        "robots.txt",
    ],
)
def test_words_and_dates_are_no_hashes(name: str) -> None:
    """What may change under its name is kept for minutes only."""
    assert not is_hashed(name)
    assert served(name, (), Rules()).cache == SHORT


def test_pages_are_asked_for_each_time() -> None:
    """Pages, service workers and web manifests, also where their name is hashed; a team's own rule goes first."""
    for name in ("index.html", "a/b.htm", "sw.js", "app.webmanifest", "page.3f2a9c1b.html"):
        assert (served(name, (), Rules()).cache, served(name, (), Rules()).page) == (NO_CACHE, True)
    rules = Rules(pages=("**/*.html",), cache=(CacheRule("docs/**", "max-age=60"), CacheRule("*.html", "x")))
    assert served("docs/a/b.html", (), rules).cache == "max-age=60"
    assert served("index.html", (), rules).cache == "x"
    assert not served("sw.js", (), rules).page


def test_compressed_files_say_what_is_inside() -> None:
    """Beside the plain file they are that file, encoded; a lone archive is a download."""
    assert served("a.js.gz", {"a.js"}, Rules()).encoding == "gzip"
    assert served("a.js.br", (), Rules()).content_type.startswith("text/javascript")
    assert served("index.html.gz", {"index.html"}, Rules()).cache == NO_CACHE
    lone = served("data.tar.gz", (), Rules())
    assert (lone.content_type, lone.encoding) == ("application/gzip", "")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.js", "a/b.js", "b.jsx"),
        ("a/*.js", "a/b.js", "a/b/c.js"),
        ("a/**", "a/b/c.js", "b/a/c.js"),
        ("**/c.js", "c.js", "xc.js"),
        ("a?.js", "ab.js", "abc.js"),
        ("/a.js", "a.js", "b/a.js"),
        ("[a].js", "[a].js", "a.js"),
    ],
)
def test_patterns(pattern: str, yes: str, no: str) -> None:
    """`*` stays in a folder, `**` does not; a bracket is a bracket."""
    assert fits(yes, pattern)
    assert not fits(no, pattern)


def file(path: str, size: int = 1) -> File:
    """A file as scanning would find it."""
    as_served = served(path, (), Rules())
    return File(path, "a" * 64, size, as_served.content_type, as_served.cache, page=as_served.page)


def fatal(*paths: str) -> list[str]:
    """What is refused about a directory with these files and a page."""
    return [each.path for each in problems([file("index.html"), *map(file, paths)]) if each.fatal]


@pytest.mark.parametrize(
    "path",
    [
        "a\\b",
        "a\x00b",
        "a\nb",
        "x" * 1000,
        "\u00e9" * 490,
        "bad\udcff",
        ".git/config",
        "a/.env",
        ".env.local",
        "a//b",
    ],
)
def test_what_can_not_or_must_not_be_served_is_refused(path: str) -> None:
    """Also secrets, which `aws s3 sync` would publish."""
    assert fatal(path) == [path]


@pytest.mark.parametrize(
    "path", [".well-known/acme", "a b", "a+b", "50%", "\u00e9", "e\u0301", "con.txt", "a?b", "x" * 900]
)
def test_odd_names_are_pushed(path: str) -> None:
    """What S3 and CloudFront can hold goes, with a word where links need care."""
    assert fatal(path) == []


@pytest.mark.parametrize("path", ["LICENSE", "downloads/latest", "apple-app-site-association"])
def test_what_nobody_can_reach_is_told(path: str) -> None:
    """A path without a dot is a folder to the function at the edge; with what to do."""
    (said,) = problems([file("index.html"), file(path)])
    assert (said.path, said.fatal) == (path, False)
    assert "visitors can not reach it" in said.what
    assert "below .well-known/" in said.what
    assert problems([file("index.html"), file(f".well-known/{path}"), file(f"{path}.txt")]) == []


def test_a_page_that_nobody_can_reach_is_refused() -> None:
    """The look through the CDN would fail after everything was enabled."""
    (said,) = problems([file("index.html"), replace(file("about"), page=True)])
    assert (said.path, said.fatal) == ("about", True)


def test_what_apple_asks_for_is_json() -> None:
    """By its name, which has no ending."""
    kind = served(".well-known/apple-app-site-association", (), Rules()).content_type
    assert kind == "application/json"


def test_a_directory_needs_a_page_that_is_not_empty() -> None:
    """No file, no page and an empty page are a build that did not end; an empty style sheet is not."""
    assert [each.fatal for each in problems([])] == [True]
    assert [each.fatal for each in problems([file("a.js")])] == [True]
    assert [each.path for each in problems([file("index.html", 0)])] == ["index.html"]
    assert problems([file("index.html"), file("a.css", 0)]) == []


def test_names_that_some_systems_take_for_one_are_told() -> None:
    """Case, and the two forms of an accent."""
    said = problems([file("index.html"), file("A.js"), file("a.js"), file("\u00e9"), file("e\u0301")])
    assert [each.path for each in said if "only case" in each.what] == ["a.js", "e\u0301"]
    assert not any(each.fatal for each in said)


@given(st.text(max_size=30))
def test_a_problem_does_not_steer_a_terminal(path: str) -> None:
    """Whatever the name is, what is printed is printable."""
    assert str(Problem(path, "wrong")).isprintable()


PAGE = """
<!doctype html><link rel="stylesheet" href="/app.css"><link rel=canonical href=https://example.com/x>
<script src=app.js></script><img srcset="a.png 1x, b,c.png 2x" src='data:image/gif;base64,AA'>
<a href="/about">route</a><a href="guide.pdf">file</a><a href="#top">here</a><script src="{{ cdn }}/x.js"></script>
<style>body { background: url("bg.png") }</style><p style="background:url(p.png)">
<script>const text = "<img src=no.png>"</script><img src="https://cdn.example.com/x.png"><img src="">
"""


def test_a_page_refers_to_what_a_browser_loads() -> None:
    """Scripts, styles, pictures and files that are linked; not routes, other hosts, data and templates."""
    said = [each.what for each in missing("sub/index.html", PAGE, Directory(["sub/index.html", "app.css"]))]
    named = [each.split()[2].rstrip(",") for each in said]
    assert named == [f"sub/{each}" for each in ("app.js", "a.png", "b,c.png", "guide.pdf", "bg.png", "p.png")]


def test_names_in_pages_are_decoded_and_followed_from_the_base() -> None:
    """Percent-encoding, `<base>`, queries and folders; a name in another case is offered."""
    here = Directory(["a b/c.html", "x/y+z.js", "x/index.html", "Logo.png"])
    text = '<base href="/x/"><script src="y+z.js?v=1#f"></script><a href="./">x</a><img src="../logo.png">'
    assert [each.what for each in missing("a b/c.html", text, here)] == [
        "refers to logo.png, which is not there; there is Logo.png"
    ]
    assert missing("a b/c.html", '<script src="../x/y%2Bz.js"></script>', here) == []


def test_style_sheets_refer_too() -> None:
    """`url()` with and without quotes, and imports; comments and data do not count."""
    text = "@import 'a.css'; /* url(no.png) */ x { src: url(b.woff2?#iefix), url( 'c.png' ), url(data:x,y) }"
    assert in_css(text) == ["a.css", "b.woff2?#iefix", "c.png", "data:x,y"]
    said = missing("css/app.css", text, Directory(["css/a.css", "css/b.woff2"]), css=True)
    assert [each.what for each in said] == ["refers to css/c.png, which is not there"]


def test_srcset_candidates() -> None:
    """Commas divide candidates only after white space or a descriptor."""
    assert candidates("a.png, b.png 2x,c.png 3x") == ["a.png", "b.png", "c.png"]
    assert candidates("") == []


@given(st.text(max_size=200))
def test_any_text_can_be_looked_into(text: str) -> None:
    """A broken page is no error of pointsman's."""
    in_html(text)
    for each in ("<img src='", "<style>url(", "<base href='", "<img srcset='"):
        missing("a.html", each + text, Directory(["a.html"]))
