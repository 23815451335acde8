"""What was provisioned, to be updated later, also by another process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "stack.json"
"""Of the house's folder: the stack as it is."""
STATE = "SANDBOX_STACK"
"""The environment variable that tells a build of it."""


@dataclass(frozen=True)
class Made:
    """One resource: what Ref and GetAtt give, and a digest of what it was made of."""

    kind: str
    id: str
    attributes: dict[str, str]
    made_of: str


@dataclass
class Provisioned:
    """A stack: the values of its parameters, what was created by logical id, and what was left out."""

    parameters: dict[str, str]
    made: dict[str, Made] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, str]:
        """What Ref gives, by logical id."""
        return {name: each.id for name, each in self.made.items()}

    def save(self, file: Path) -> None:
        """Write it, so that nobody reads half of it."""
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(file)

    @classmethod
    def load(cls, file: Path) -> Provisioned:
        """Read what was saved."""
        saved = json.loads(file.read_text("utf-8"))
        made = {name: Made(**each) for name, each in saved["made"].items()}
        return cls(saved["parameters"], made, saved["skipped"])
