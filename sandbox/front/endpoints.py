"""`endpoints.json`: where each part of the sandbox listens. Every part adds its own and reads the others'."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "endpoints.json"


def read(folder: Path) -> dict[str, str]:
    """The parts that are up so far."""
    try:
        known: dict[str, str] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known


def add(folder: Path, **mine: str) -> None:
    """Add or replace entries; safe while other parts do the same."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = folder / f".{FILE}.new"
        fresh.write_text(json.dumps(read(folder) | mine, indent=2) + "\n", encoding="utf-8")
        fresh.replace(folder / FILE)
