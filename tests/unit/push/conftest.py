"""A small web application as a build leaves it."""

from pathlib import Path

import pytest

INDEX = '<!doctype html><title>web</title><script src="/assets/app.3f2a9c1b.js"></script>'
FILES = {
    "index.html": INDEX,
    "assets/app.3f2a9c1b.js": "console.log(1)",
    "assets/a b+c%20d#e?f.txt": "odd",
    "assets/\u00e9.svg": "<svg/>",
    "manifest.json": "{}",
    "empty.css": "",
    ".well-known/security.txt": "hello",
}


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """The directory."""
    root = tmp_path / "dist"
    for name, content in FILES.items():
        at = root / name
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(content, "utf-8")
    return root
