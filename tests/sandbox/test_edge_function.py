"""The CloudFront Function, run as it stands in the template."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.domain.grammar import NAME
from chalicelib.domain.release_cleaning import looked_into
from chalicelib.domain.release_names import is_reachable
from sandbox.edge.function import TEMPLATE, ViewerRequest, code, in_cache_key, missing_page, template_of

TAG = "web_2026-11-22_14-05"
LIVE = {"live": TAG}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/", "/index.html"),
        ("/docs/", "/docs/index.html"),
        ("/app.3f2a9c1b.js", "/app.3f2a9c1b.js"),
        ("/%61pp.js", "/app.js"),
        ("/a+b%20c.png", "/a%2Bb%20c.png"),
        ("/100%25.txt", "/100%25.txt"),
        ("/caf%C3%A9.svg", "/caf%C3%A9.svg"),
        ("/.well-known/security", "/.well-known/security"),
    ],
)
def test_a_path_leads_to_its_object(asked: str, meant: str) -> None:
    """The same file in both modes, in the release's folder in pointer mode, each spelled in one way only."""
    assert ViewerRequest("copy")(asked, {}).uri == meant
    assert ViewerRequest("pointer")(asked, LIVE).uri == f"/live/{TAG}{meant}"


def test_an_edge_keeps_files_by_the_release_that_is_in_the_folder() -> None:
    """Folders take turns, so it is part of the cache's key and not of the path; one of a release alone is named so. In
    copy mode there is one folder, whose files are invalidated."""
    function, folder = ViewerRequest("pointer"), "web_production_a"
    led = [
        function("/a.js", {"live": folder, **labels}, "x-release=viewer&b=1")
        for labels in ({folder: TAG}, {folder: "../other"}, {})
    ]
    assert {each.uri for each in led} == {f"/live/{folder}/a.js"}
    assert [each.query for each in led] == [{"x-release": name} for name in (TAG, folder, folder)]
    assert function("/a.js", LIVE).query == {"x-release": TAG}
    assert (in_cache_key("pointer"), in_cache_key("copy")) == (["x-release"], [])


@pytest.mark.parametrize(
    "path",
    [
        "LICENSE",
        "a/latest",
        "a.b/latest",
        ".well-known/apple-app-site-association",
        ".well-known/a/b",
        "a/.well-known/b",
        "a.txt",
        ".hidden",
        "index.html",
        "x.",
    ],
)
def test_the_push_knows_what_is_reachable(path: str) -> None:
    """What it warns of is just what the function leads elsewhere."""
    assert is_reachable(path) == (ViewerRequest("copy")(f"/{path}", {}).uri == f"/{path}")


@pytest.mark.parametrize("asked", ["/docs", "/a/b.c/docs"])
def test_a_folder_without_its_slash_moves_to_the_one_with_it(asked: str) -> None:
    """Otherwise what its page refers to would be looked for one folder too high; the query stays."""
    answer = ViewerRequest("pointer")(asked, LIVE, "a=1&b&a=%20")
    assert (answer.status, answer.headers["location"]) == (302, f"{asked}/?a=1&a=%20&b")


@pytest.mark.parametrize(
    "asked",
    [
        "/../secret.txt",
        "/a/%2e%2E/secret.txt",
        "/./a.js",
        "//evil.example/",
        "/a//b.js",
        "/a%2fb.js",
        "/a%5Cb.js",
        "/a\\b.js",
        "/%00.js",
        "/%ff.js",
        "/%zz.js",
        "a.js",
        "",
    ],
)
def test_a_path_that_can_mean_something_else_is_refused(asked: str) -> None:
    """Nothing leaves the release's folder, whatever reads the path after the function."""
    assert ViewerRequest("pointer")(asked, LIVE).status == 400
    assert ViewerRequest("copy")(asked, {}).status == 400


@pytest.mark.parametrize("keys", [{}, {"live": ""}, {"live": "../other"}, {"live": "a/b"}])
def test_without_a_live_release_the_answer_says_so(keys: dict[str, str]) -> None:
    """A key that is missing, or is no tag, is a 503 that nobody keeps; never another folder."""
    answer = ViewerRequest("pointer")("/", keys)
    assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
    assert b"No release of this site is enabled yet" in answer.body


def test_a_single_page_answers_every_route() -> None:
    """A last part without a dot is a route; a file stays a file, and so does what is well known."""
    function = ViewerRequest("pointer", single_page=True)
    routes = {asked: function(asked, LIVE).uri for asked in ("/", "/cameras/7", "/cameras/", "/a/b.js")}
    page = f"/live/{TAG}/index.html"
    assert routes == {
        "/": page,
        "/cameras/7": page,
        "/cameras/": page,
        "/a/b.js": f"/live/{TAG}/a/b.js",
    }
    assert function("/.well-known/security", LIVE).uri == f"/live/{TAG}/.well-known/security"


def test_the_template_holds_the_function_as_the_file_has_it() -> None:
    """Who edits one of them edits both."""
    written = TEMPLATE.with_name("viewer-request.js").read_text(encoding="utf-8")
    assert code("copy").endswith(written)


@pytest.mark.parametrize("mode", ["copy", "pointer"])
def test_the_function_is_small_enough(mode: str) -> None:
    """CloudFront takes 10 KB ("Quotas", "Quotas on CloudFront Functions")."""
    assert len(code(mode, single_page=True).encode()) < 10_000


def test_copy_mode_has_no_store() -> None:
    """A function that asks for a store and has none would fail at every request."""
    assert "cf.kvs" not in code("copy")
    assert "cf.kvs" in code("pointer")


def test_the_page_for_what_is_missing_outlives_cleaning_up() -> None:
    """In pointer mode it belongs to no release; no environment can have the folder's name."""
    assert missing_page("copy", "web-production") == "/404.html"
    _, live, folder, _ = missing_page("pointer", "web-production").split("/")
    assert live == "live"
    assert looked_into([folder], "web", ["production", "staging"]) == []
    assert NAME.fullmatch(folder) is None


def test_the_template_passes_cfn_lint() -> None:
    """No error and no warning."""
    tool = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([tool, str(TEMPLATE)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_edge_keeps_files_no_longer_than_they_say() -> None:
    """A minimum above 0 would keep pages; an error that is kept would hide a file that has arrived."""
    resources = template_of()["Resources"]
    assert resources["CachePolicy"]["Properties"]["CachePolicyConfig"]["MinTTL"] == 0
    errors = resources["Distribution"]["Properties"]["DistributionConfig"]["CustomErrorResponses"]
    assert {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in errors} == {403: 0, 404: 0}
