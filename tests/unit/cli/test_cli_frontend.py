"""Services of kind frontend: what is checked, what is published, and what the service reads of it."""

import re
from collections.abc import Callable

import pytest
import yaml

from chalicelib.domain.grammar import NAME
from chalicelib.domain.release_cleaning import service_of
from chalicelib.domain.release_rules import PAGES
from chalicelib.domain.settings import Frontend, Site, Team
from cli.normalize import normalize

WEB = """\
  web:
    kind: frontend
    bucket: example-releases
    environments:
      production: {protected: true}
"""
BUNDLE = {"cameras": {"url": "u", "sha256": "s"}}
Report = Callable[[str], list[str]]


def test_a_frontend_needs_a_bucket_and_no_servers(report: Report, valid: str) -> None:
    """The smallest frontend is valid beside servers."""
    assert report(valid + WEB) == []
    (said,) = report(valid + WEB.replace("    bucket: example-releases\n", ""))
    assert "`bucket` is missing" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: frontend", "kind: frontend\n    roles: [a]", "`roles` does not belong here"),
        ("kind: frontend", "kind: frontend\n    keep: 1", "1 is less than 2"),
        ("kind: frontend", "kind: frontend\n    pages: []", "at least 1 must stand here"),
        ("kind: frontend", "kind: frontend\n    cache: [{files: a}]", "`control` is missing"),
        (
            "kind: frontend",
            'kind: frontend\n    cache: [{files: a, control: "a\\nb"}]',
            "Cache-Control header",
        ),
        ("bucket: example-releases", "bucket: Example", "bucket"),
        ("protected: true", "switch: dns", "`switch` does not belong here"),
        ("protected: true", "url: web.example.com", "address"),
        ("protected: true", "pointer: web", "key-value store"),
        ("protected: true", "distribution: e1", "distribution id"),
    ],
)
def test_what_is_wrong_with_a_frontend_is_told(
    report: Report, valid: str, old: str, new: str, said: str
) -> None:
    """One line for each, at its place."""
    found = report(valid + WEB.replace(old, new))
    assert len(found) == 1, found
    assert said in found[0]


SHOP = WEB.replace("web:", "shop:")
STORE = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555"


def test_two_frontends_are_not_served_from_one_place(report: Report, valid: str) -> None:
    """They would write over each other, and clean up what the other shows: the second is told, at its bucket."""
    (said,) = report(valid + WEB + SHOP)
    assert "services.shop.bucket: web is served from `live/production` of this bucket too" in said
    assert "a bucket of its own, another name for the environment, or a `pointer`" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("example-releases", "shop-releases"),
        ("production:", "live:"),
        ("protected: true", f"protected: true, pointer: '{STORE}'"),
    ],
)
def test_two_frontends_may_share_a_bucket(report: Report, valid: str, old: str, new: str) -> None:
    """Where they are served from different places, or one of them from folders of its releases."""
    assert report(valid + WEB + SHOP.replace(old, new)) == []


def test_environments_do_not_share_a_pointer(report: Report, valid: str) -> None:
    """Enabling a release in one would enable it in the other."""
    one = f"{{pointer: '{STORE}'}}"
    both = WEB.replace("{protected: true}", f"{one}\n      staging: {one}")
    (said,) = report(valid + both)
    assert "services.web.environments.staging.pointer: web production has this pointer too" in said


def test_a_kind_that_is_not_known(report: Report, valid: str) -> None:
    """The nearest one is offered."""
    assert "frontend" in report(valid + WEB.replace("kind: frontend", "kind: fronted"))[0]


def test_servers_need_roles_and_have_no_bucket(broken: Callable[[str, str], list[str]]) -> None:
    """As before, and the other way round."""
    (said,) = broken("    ansible: ansible\n", "")
    assert "`ansible` is missing" in said
    (said,) = broken("    ansible: ansible\n", "    ansible: ansible\n    bucket: example\n")
    assert "`bucket` does not belong here" in said


def test_the_service_reads_what_was_published(valid: str) -> None:
    """Defaults are written out; servers are published as they were before there were frontends."""
    text = valid + WEB.replace(
        "kind: frontend", "kind: frontend\n    cache: [{files: 'd/**', control: no-store}]"
    )
    raw = normalize(yaml.safe_load(text), BUNDLE)
    team = Team(1, raw)
    assert team.frontend("web") == Frontend("example-releases", 10, PAGES, (("d/**", "no-store"),))
    assert team.frontend("cameras") is None
    assert team.frontend("nothing") is None
    settings = team.environment("web", "production")
    assert (settings.protected, settings.roles, settings.routes) == (True, (), ())
    assert settings.site == Site("example-releases", 10, "production", service="web")
    assert team.environment("cameras", "production").site is None
    assert "kind" not in raw["services"]["cameras"]


STORE = "arn:aws:cloudfront::123456789012:key-value-store/0f1e2d3c"


def test_where_a_site_is_served_from(valid: str) -> None:
    """With a key-value store two folders take turns; without one the environment has one."""
    own = f"url: https://web.example.com/, distribution: E1EXAMPLE2, pointer: '{STORE}'"
    raw = normalize(yaml.safe_load(valid + WEB.replace("protected: true", own)), BUNDLE)
    site = Team(1, raw).environment("web", "production").site
    known = "https://web.example.com", "E1EXAMPLE2", STORE, "web"
    assert site == Site("example-releases", 10, "production", *known)
    first, second = site.folders
    assert [site.turn(live) for live in ("", first, second, "web_2026-11-22_14-05")] == [
        first,
        second,
        first,
        first,
    ]
    copied = Site("example-releases", 10, "production", service="web")
    assert (copied.folders, copied.turn("production")) == (("production",), "production")


def test_a_folder_that_takes_turns_is_named_like_nothing_else() -> None:
    """Neither an environment nor a release nor another service's; the function at the edge before it takes it too."""
    names = {
        folder
        for service, environment in (("web", "a"), ("web-a", "b"), ("web", "a-b"), ("w" * 32, "e" * 32))
        for folder in Site("b", 10, environment, pointer=STORE, service=service).folders
    }
    assert len(names) == 8
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", each) for each in names)
    assert not [each for each in names if service_of(each) or NAME.fullmatch(each)]


def test_servers_have_no_site(broken: Callable[[str, str], list[str]]) -> None:
    """What is a frontend's means nothing to servers."""
    (said,) = broken(
        "        timeouts: {ask: 5m", "        url: https://web.example.com\n        timeouts: {ask: 5m"
    )
    assert "`url` does not belong here" in said
