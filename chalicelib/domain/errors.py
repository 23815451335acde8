"""Every error of the product.

    PointsmanError
    |- Refused         a person's request that can not be done; its text is the answer
    |- StepFailed      a step of a deployment that can not succeed any more
    |- NotReady        the world is not there yet: the state machine waits and asks again
    |- Unavailable     an outside system did not answer or was busy: retried
    |  `- RateLimited  it says for how long it wants to be left alone
    |- Conflict        somebody else wrote first: read again and decide again
    |- Duplicate       this event was handled before
    |- LostLock        a write of a deployment that no longer owns its environment

The state machine retries and catches by these class names, so a rename here is a rename there (a test compares them).
"""

from chalicelib.domain.reasons import Reason, text


class PointsmanError(Exception):
    """Base of all; never raised itself."""


class _Reasoned(PointsmanError):
    def __init__(self, reason: Reason, **facts: str) -> None:
        self.reason = reason
        self.facts = facts
        super().__init__(f"{reason}: {text(reason, facts)}")

    @property
    def text(self) -> str:
        """What a person reads."""
        return text(self.reason, self.facts)


class Refused(_Reasoned):
    """A request that is answered with why not; nothing changed."""


class StepFailed(_Reasoned):
    """A step that can not succeed; the deployment goes back to safety. `output` is what hosts printed."""

    def __init__(self, reason: Reason, *, output: str = "", **facts: str) -> None:
        super().__init__(reason, **facts)
        self.output = output


class NotReady(PointsmanError):
    """The world is not there yet; the message says what is missing."""


class Unavailable(PointsmanError):
    """An outside system failed in a way that may pass."""


class RateLimited(Unavailable):
    """An outside system was asked too often and takes nothing for `seconds`."""

    def __init__(self, said: str, seconds: float) -> None:
        super().__init__(said)
        self.seconds = seconds


class Conflict(PointsmanError):
    """A conditional write lost: the record changed since it was read."""


class Duplicate(PointsmanError):
    """The event was accepted before."""


class LostLock(PointsmanError):
    """The deployment does not own its environment any more."""
