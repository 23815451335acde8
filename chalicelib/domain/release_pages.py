"""Which files a page or a style sheet refers to, and which of them are not there. Only ever a warning: a page may
name what another system serves."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit

from chalicelib.domain.release_names import Problem, form
from chalicelib.domain.release_rules import is_web_file

MOST_BYTES = 2_000_000
"""A page that is larger is not looked into."""
_HOST = "release.invalid"  # RFC 2606: belongs to nobody, so that a reference that keeps it is one of ours
_LOADED = {"src", "poster", "data", "background"}
_SETS = {"srcset", "imagesrcset"}
_LINKS = {
    "stylesheet",
    "icon",
    "shortcut",
    "preload",
    "modulepreload",
    "prefetch",
    "manifest",
    "apple-touch-icon",
}
_URL = re.compile(
    r"""url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'()\s]*))\s*\)|@import\s+(?:"([^"\n]*)"|'([^'\n]*)')"""
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CANDIDATE = re.compile(r"[\s,]*([^\s,]\S*?)(?:,+(?=\s|\Z)|\s[^,]*|\Z)")
_TEMPLATE = re.compile(r"\{\{|\$\{|<%|\{%")


class _Reader(HTMLParser):
    """Collects what a browser would load."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.found: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Each attribute by its meaning."""
        given = {name: value for name, value in attrs if value}
        self._style = tag == "style"
        if tag == "base":
            self.base = self.base or given.get("href", "")
        for name, value in given.items():
            if name in _LOADED:
                self.found.append(value)
            elif name in _SETS:
                self.found += candidates(value)
            elif name == "style":
                self.found += in_css(value)
        self._href(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """The end of a style sheet inside the page."""
        if tag == "style":
            self._style = False

    def handle_data(self, data: str) -> None:
        """Text, of which only a style sheet refers to anything."""
        if self._style:
            self.found += in_css(data)

    def _href(self, tag: str, given: dict[str, str]) -> None:
        """A link to a route of the application is no file; one that ends like a file is."""
        href = given.get("href", given.get("xlink:href", ""))
        loads = tag == "link" and not _LINKS.isdisjoint(given.get("rel", "").lower().split())
        if loads or (tag in {"a", "area", "image", "use"} and is_web_file(urlsplit_path(href))):
            self.found.append(href)


def in_html(text: str) -> tuple[str, list[str]]:
    """What `<base>` says (empty: nothing), and what the page refers to as it is written there."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.base, reader.found


def in_css(text: str) -> list[str]:
    """What a style sheet refers to."""
    return [
        next(filter(None, each.groups()), "")
        for each in _URL.finditer(_COMMENT.sub(" ", text))
        if any(each.groups())
    ]


def candidates(srcset: str) -> list[str]:
    """The addresses in a `srcset` (HTML Standard, "Parsing a srcset attribute"): a comma inside one belongs to it."""
    return [each[1] for each in _CANDIDATE.finditer(srcset)]


def urlsplit_path(url: str) -> str:
    """The path of an address; empty for what is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


class Directory:
    """All paths of a release, to look names up in."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)

    def has(self, wanted: str) -> bool:
        """Whether a browser that asks for this gets a file: a folder stands for its index.html."""
        if wanted.endswith("/") or not wanted:
            return f"{wanted}index.html" in self._paths
        return wanted in self._paths or f"{wanted}/index.html" in self._paths

    @cached_property
    def _by_form(self) -> dict[str, str]:
        return {form(each): each for each in sorted(self._paths)}

    def similar(self, wanted: str) -> str:
        """The file that a wrong reference may mean."""
        return self._by_form.get(form(wanted), "")


def missing(path: str, text: str, directory: Directory, *, css: bool = False) -> list[Problem]:
    """What a page (or a style sheet) of the release refers to and the release does not have."""
    base, found = ("", in_css(text)) if css else in_html(text)
    here = _joined(f"https://{_HOST}/{quote(path)}", base)
    return [
        Problem(path, _said(wanted, directory.similar(wanted)))
        for wanted in dict.fromkeys(_targets(here, found))
        if not directory.has(wanted)
    ]


def _said(wanted: str, similar: str) -> str:
    hint = f"; there is {similar}" if similar else ""
    return f"refers to {wanted or '/'}, which is not there{hint}"


def _targets(here: str, found: list[str]) -> Iterator[str]:
    for each in found:
        target = "" if _TEMPLATE.search(each) or each.strip().startswith("#") else _joined(here, each.strip())
        split = urlsplit(target) if target else None
        if split is not None and split.scheme == "https" and split.netloc == _HOST:
            yield unquote(split.path).removeprefix("/")


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""
