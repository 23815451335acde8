"""That somebody showed the key metrics to the team: what they were then, and which message it is."""

from dataclasses import dataclass

from chalicelib.domain.locks import TicketKey
from chalicelib.domain.metrics import Figures
from chalicelib.domain.people import Actor

SHARE_SECONDS = 60
"""The same is shown once in so long, whoever shows it."""


def share_key(service: str, environment: str, number: int) -> TicketKey:
    """Where it stands what was shown in a minute; without a service, of all of them."""
    return TicketKey(service, environment, f"share-{number}")


@dataclass(frozen=True, slots=True)
class Shared:
    """What was shown; it is over at once, and nothing is decided by it."""

    service: str
    environment: str
    number: int
    """Which minute since the epoch it was in: there is one in each at most."""
    actor: Actor
    figures: Figures
    revision: int = 0

    @property
    def key(self) -> TicketKey:
        """Where it is."""
        return share_key(self.service, self.environment, self.number)
