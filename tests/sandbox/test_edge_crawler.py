"""The team's web application, and the crawler that looks whether all of it is there."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientSession

from sandbox.edge.crawler import Crawler
from sandbox.edge.reader import FOLLOWED, LONGEST
from sandbox.edge.reading import files_of
from sandbox.team.web import build
from tests.sandbox.edge_harness import COPY, Running, emulator, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY = 99
"""More links than a page has."""
HASHED = "public, max-age=31536000, immutable"


@pytest.fixture
def cdn() -> Iterator[Running]:
    """An edge in front of a bucket that holds version 1."""
    with emulator() as aws, running(aws) as found:
        found.s3.create_bucket(Bucket="web")
        fill(found, "1")
        yield found


def fill(cdn: Running, version: str, *, but: str = "") -> list[str]:
    """Put a version where copy mode serves it, as a release would; returns its names."""
    kinds = {
        "html": "text/html; charset=utf-8",
        "css": "text/css",
        "js": "text/javascript",
        "svg": "image/svg+xml",
    }
    for name, text in build.contents(version).items():
        if but and but in name:
            continue
        ending = name.rpartition(".")[2]
        cdn.s3.put_object(
            Bucket="web",
            Key=f"live/staging/{name}",
            Body=text.encode(),
            ContentType=kinds.get(ending, "text/plain"),
            CacheControl=HASHED if name.startswith("assets/") else "no-cache",
        )
    return list(build.contents(version))


def crawl(cdn: Running, visits: int, followed: int = FOLLOWED) -> dict[str, Any]:
    """What a crawler saw in so many visits, each with clicks on so many links."""

    async def story() -> dict[str, Any]:
        async with ClientSession() as http:
            chance = random.Random(1)  # noqa: S311 - guards nothing
            edges = cdn.edge.urls[COPY.id]
            crawler = Crawler(edges, http, later=(0.0,), chance=chance, followed=followed)
            for _ in range(visits):
                await crawler.visit()
            await crawler.close_pages()
            return crawler.figures.shown()

    return asyncio.run(story())


def test_a_whole_site_has_nothing_missing(cdn: Running) -> None:
    """Pages, assets, what a style sheet loads, the odd name and the chunk that is loaded late."""
    seen = crawl(cdn, 30)
    assert (seen["pages"], seen["missing"]) == (30, 0)
    assert seen["files"] >= 100


@pytest.mark.parametrize("lost", ["chart", "logo", "style", "app", "floor plan"])
def test_whatever_is_missing_is_seen(cdn: Running, lost: str) -> None:
    """Each kind of reference is followed; the example names the page and the file."""
    for name in fill(cdn, "1"):
        if lost in name:
            cdn.s3.delete_object(Bucket="web", Key=f"live/staging/{name}")
    seen = crawl(cdn, 5)
    assert seen["missing"] >= 1
    assert lost.partition(" ")[0] in seen["examples"][0]["path"]
    assert seen["examples"][0]["status"] == 404


@pytest.mark.parametrize("lost", ["about.html", "news/1.html", "docs/index.html", build.ODD_PAGE])
def test_a_page_that_an_open_page_links_to_is_missing_too(cdn: Running, lost: str) -> None:
    """Whoever has a page open may click on any of its links."""
    cdn.s3.delete_object(Bucket="web", Key=f"live/staging/{lost}")
    seen = crawl(cdn, 3, followed=EVERY)
    assert seen["missing"] >= 1
    assert {unquote(each["path"]) for each in seen["examples"]} == {f"/{lost.removesuffix('index.html')}"}


def test_what_an_older_version_had_is_missing_only_from_its_pages(cdn: Running) -> None:
    """An address that somebody remembers may lead nowhere; a link of a page that is open may not."""

    async def story() -> list[int]:
        async with ClientSession() as http:
            crawler = Crawler(cdn.edge.urls[COPY.id], http, later=(60.0,), followed=EVERY)
            await crawler.visit()
            cdn.s3.delete_object(Bucket="web", Key="live/staging/news/1.html")
            fill(cdn, "2")
            crawler.reader.paths = ["/news/1.html"]
            await crawler.visit()
            remembered = crawler.figures.missing
            await crawler.close_pages()
            return [remembered, crawler.figures.missing]

    assert asyncio.run(story()) == [0, 1]


def test_a_page_that_is_open_for_hours_is_nobodys(cdn: Running) -> None:
    """What no kept release has is cleaned up by then: whoever comes back to such a page loads it anew."""

    async def story() -> list[int]:
        async with ClientSession() as http:
            time = [0.0]
            crawler = Crawler(cdn.edge.urls[COPY.id], http, lambda: time[0], later=(60.0,), followed=EVERY)
            found = []
            for late in (LONGEST - 1, LONGEST + 1):
                crawler.reader.paths = ["/about.html"]
                await crawler.visit()
                cdn.s3.delete_object(Bucket="web", Key="live/staging/news/1.html")
                time[0] += late
                await crawler.close_pages()
                found.append(crawler.figures.missing)
            return found

    assert asyncio.run(story()) == [1, 1]


def test_a_first_page_that_goes_away_is_missing(cdn: Running) -> None:
    """Before there is a first one nothing is expected; afterwards it has to stay."""

    async def story() -> int:
        async with ClientSession() as http:
            crawler = Crawler(cdn.edge.urls[COPY.id], http, later=(0.0,), followed=0)
            await crawler.visit()
            cdn.s3.delete_object(Bucket="web", Key="live/staging/index.html")
            crawler.reader.paths = ["/"]
            await crawler.visit()
            await crawler.close_pages()
            return crawler.figures.missing

    assert asyncio.run(story()) == 1


def test_versions_differ_in_few_files(tmp_path: Path) -> None:
    """The same version is the same bytes; the next one keeps what did not change, under its name."""
    assert build.contents("1") == build.contents("1")
    one, two = build.contents("1"), build.contents("2")
    assert any("assets/logo" in name and two.get(name) == text for name, text in one.items())
    assert one["index.html"] != two["index.html"]
    made = build.build("1", tmp_path / "dist")
    assert {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()} == set(one)


def test_the_push_finds_no_reference_that_leads_nowhere(tmp_path: Path) -> None:
    """Its only words are on the odd names, which are there on purpose."""
    configuration = tmp_path / "pointsman.yaml"
    configuration.write_text(
        "workspace: T0SANDBOX\nchannel: C0DEPLOYS\npeople: {admin: [U0LEAD]}\n"
        "services:\n  web: {kind: frontend, bucket: web, environments: {staging: {protected: false}}}\n"
    )
    build.build("1", tmp_path / "dist")
    command = ["push", str(tmp_path / "dist"), "--service", "web", "--dry-run", "--file", str(configuration)]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr.count("warning") == 2, done.stderr
    assert "refers to" not in done.stderr
    assert "refused" not in done.stderr


def test_references_are_read_as_a_browser_would() -> None:
    """Relative to the file, without other sites, and each once."""
    page = (
        '<img src="a.png"><img src="a.png"><script src="https://cdn.example/x.js"></script><a href="b.html">'
    )
    assert files_of("/docs/", page, "text/html") == ("/docs/a.png",)
    assert files_of("/assets/x.js", 'import("./y.js")', "text/javascript") == ("/assets/y.js",)
