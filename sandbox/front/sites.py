"""The team's website as visitors get it: which version each location of the CDN shows, and what readers have missed."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientTimeout

from sandbox.website import SITES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aiohttp import ClientSession

_SECONDS = ClientTimeout(total=0.8)
_VERSION = re.compile(r'<meta name="version" content="([^"]*)">')


async def sites_of(
    folder: Path, known: Mapping[str, str], http: ClientSession
) -> list[dict[str, Any]] | None:
    """Every environment of the website; None where no CDN is up. `shown` has a version, or None, for each location."""
    addresses: dict[str, list[str]] = json.loads(known.get("sites", "{}"))
    served = [
        (name, addresses[number], mode) for name, (number, mode) in SITES.items() if number in addresses
    ]
    if not served:
        return None
    return list(await asyncio.gather(*(_site(folder, http, *each) for each in served)))


async def _site(
    folder: Path, http: ClientSession, name: str, addresses: list[str], mode: str
) -> dict[str, Any]:
    shown = await asyncio.gather(*(_version(http, address) for address in addresses))
    return {"environment": name, "mode": mode, "shown": shown, "readers": _read(folder, name)}


async def _version(http: ClientSession, address: str) -> str | None:
    """What the first page says of itself."""
    try:
        async with http.get(f"{address}/", timeout=_SECONDS) as answer:
            found = _VERSION.search(await answer.text()) if answer.ok else None
    except (ClientError, TimeoutError):
        return None
    return found[1] if found else None


def _read(folder: Path, environment: str) -> dict[str, Any] | None:
    """What readers saw so far; None where nobody reads."""
    try:
        seen: dict[str, Any] = json.loads(
            (folder / f"readers-{environment}.json").read_text(encoding="utf-8")
        )
    except (FileNotFoundError, ValueError):
        return None
    return {name: seen[name] for name in ("pages", "files", "missing")}
