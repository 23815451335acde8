"""What a file of a site refers to: pages by their markup, style sheets by `url()`, scripts by `import("./...")`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

_CSS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
_REMEMBERED = 1_000
"""Files that are read again and again are parsed once."""
_IMPORT = re.compile(r"""import\(\s*["']([^"']+)["']\s*\)""")


@dataclass
class _Markup(HTMLParser):
    files: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link is a page to go to; everything else is loaded with the page."""
        given = {name: value for name, value in attrs if value}
        if tag == "a" and "href" in given:
            self.pages.append(given["href"])
        elif tag == "link" and "href" in given:
            self.files.append(given["href"])
        elif "src" in given:
            self.files.append(given["src"])


@lru_cache(maxsize=_REMEMBERED)
def files_of(path: str, text: str, content_type: str) -> tuple[str, ...]:
    """Paths that a browser loads because of this file, now or later."""
    if "html" in content_type:
        found = _markup(text).files
    elif "css" in content_type:
        found = _CSS.findall(text)
    else:
        found = _IMPORT.findall(text) if "javascript" in content_type else []
    return _own(path, found)


@lru_cache(maxsize=_REMEMBERED)
def pages_of(path: str, text: str) -> tuple[str, ...]:
    """Paths that a page links to."""
    return _own(path, _markup(text).pages)


def _markup(text: str) -> _Markup:
    reader = _Markup()
    reader.feed(text)
    reader.close()
    return reader


def _own(path: str, found: list[str]) -> tuple[str, ...]:
    """Of this site only, each once, without fragments."""
    here = f"http://site.invalid{path}"
    split = [urlsplit(urljoin(here, each)) for each in found]
    return tuple(dict.fromkeys(each.path for each in split if each.netloc == "site.invalid"))
