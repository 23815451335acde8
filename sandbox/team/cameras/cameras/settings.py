"""What Ansible wrote for this host, and the version of this release."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

RELEASE = Path(__file__).resolve().parents[1]
SERVICE = "cameras"


@dataclass(frozen=True)
class Settings:
    """The host's role, where it listens, and where it keeps its state."""

    role: str
    environment: str
    address: str
    port: int
    commit_seconds: float
    state: Path
    version: str

    @property
    def reachable(self) -> str:
        """The address under which the host itself finds the service."""
        return "127.0.0.1" if self.address == "0.0.0.0" else self.address  # noqa: S104 # read, not bound

    @property
    def journal(self) -> Path:
        """Every message that was stored."""
        return self.state / "messages.jsonl"

    @property
    def heartbeat(self) -> Path:
        """What a recorder writes to show that it works."""
        return self.state / "heartbeat.json"


def load() -> Settings:
    """Read `/etc/cameras.json`, below POINTSMAN_ROOT where that is set."""
    root = Path(os.environ.get("POINTSMAN_ROOT") or "/")
    found = json.loads((root / "etc" / f"{SERVICE}.json").read_text(encoding="utf-8"))
    return Settings(
        role=str(found["role"]),
        environment=str(found["environment"]),
        address=str(found.get("address", "127.0.0.1")),
        port=int(str(found.get("port", 9000))),
        commit_seconds=float(str(found.get("commit_seconds", 0.2))),
        state=root / "var" / "lib" / SERVICE,
        version=(RELEASE / "VERSION").read_text(encoding="utf-8").strip(),
    )
