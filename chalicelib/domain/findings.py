"""What the sweeper found and can not repair by itself: a person has to look."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong. Each has a section in docs/operations.md."""

    STUCK = "stuck"
    """A deployment holds its environment and can not go on."""
    ORPHANS = "orphans"
    """Instances that no deployment answers for any more."""
    STANDBY_ILL = "standby_ill"
    """A host of the fleet that a rollback would go back to is missing."""
    PARTED = "parted"
    """One of two that go together is live without the other."""


@dataclass(frozen=True, slots=True, order=True)
class FindingKey:
    """Where a finding is: one for each trouble of each deployment."""

    service: str
    environment: str
    key: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. Written when it is found, when what it says changes, and when it is gone; not every minute."""

    service: str
    environment: str
    trouble: Trouble
    deployment: str
    detail: str
    found_at: float
    resolved_at: float = 0.0
    revision: int = 0

    @property
    def key(self) -> str:
        """The same whenever the same is found again."""
        return f"{self.trouble}-{self.deployment or 'nobody'}"

    @property
    def open(self) -> bool:
        """Whether it is still so."""
        return not self.resolved_at

    def again(self, seen: "Finding") -> "Finding":
        """This finding after it was seen once more: a resolved one begins anew."""
        if self.open:
            return replace(self, detail=seen.detail)
        return replace(seen, revision=self.revision)
