"""Builds the status page: `python -m sandbox.team.web.build VERSION OUT`. The same version gives the same bytes.

As bundlers do, each asset carries a hash of its content in its name, and what refers to it is written after it. What a
version changes: the text of the pages, the style sheet with every third version, the chart with every second. Each has
a page of its own news, to which all of its pages link, and which the next one no longer has.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

CAMERAS = 12
ODD, ODD_PAGE = "floor plan +1 (é).svg", "gate east (pihan tähti).html"
"""Names that have to be encoded in an address."""


def build(version: str, out: Path) -> Path:
    """Make the directory anew and return it."""
    files = contents(version)
    shutil.rmtree(out, ignore_errors=True)
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return out


def contents(version: str) -> dict[str, str]:
    """Every file of a version by its path."""
    number = sum(map(ord, version))
    files: dict[str, str] = {}
    chart = _hashed(files, "assets/chart", "js", _CHART.format(step=number // 2))
    app = _hashed(files, "assets/app", "js", _APP.format(version=version, chart=chart.rpartition("/")[2]))
    logo = _hashed(files, "assets/logo", "svg", _LOGO)
    style = _hashed(
        files, "assets/style", "css", _STYLE.format(hue=number // 3 % 360, logo=logo.rpartition("/")[2])
    )
    pages = {"index.html": "Cameras", "docs/index.html": "How to read this page", "about.html": "About"}
    pages |= {f"cameras/{each}.html": f"Camera {each}" for each in range(1, CAMERAS + 1)}
    pages |= {f"news/{version}.html": f"New in version {version}", ODD_PAGE: "The gate in the east"}
    pages |= {"404.html": "This page is not here"}
    links = _links(version)
    for name, title in pages.items():
        files[name] = _PAGE.format(title=title, version=version, app=app, style=style, links=links)
    files["robots.txt"] = f"# version {version}\nUser-agent: *\n"
    files["status.json"] = f'{{"version": "{version}"}}\n'
    files[ODD] = _LOGO
    files[".well-known/security.txt"] = "Contact: mailto:security@example.com\n"
    return files


def _hashed(files: dict[str, str], stem: str, ending: str, text: str) -> str:
    """Put an asset under its name with a hash of its content, and return that name."""
    name = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:10]}.{ending}"
    files[name] = text
    return name


def _links(version: str) -> str:
    rooms = "".join(f'<a href="/cameras/{each}.html">{each}</a> ' for each in range(1, CAMERAS + 1))
    more = f'<a href="/news/{version}.html">New</a> <a href="/{quote(ODD_PAGE)}">The gate</a>'
    return (
        f'<a href="/">Overview</a> <a href="/docs/">Help</a> <a href="/about.html">About</a> {more} {rooms}'
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><meta name="version" content="{version}">
<link rel="stylesheet" href="/{style}"><script type="module" src="/{app}"></script></head>
<body><nav>{links}</nav><h1>{title}</h1><p>Version {version}</p>
<img src="/floor%20plan%20+1%20(%C3%A9).svg" alt="Where the cameras are"><a href="/robots.txt">robots</a></body></html>
"""
_APP = """export const version = "{version}";
document.addEventListener("click", () => import("./{chart}").then((chart) => chart.draw()));
"""
_CHART = """export function draw() {{ return {step}; }}
"""
_STYLE = """body {{ color: hsl({hue} 30% 20%); background: url("{logo}") no-repeat; }}
"""
_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="3"/></svg>
"""


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
