"""Show the key metrics to the team: what they are now is written down with the event that asked for it, and the channel
shows that (usecases/shown.py)."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reading import Stats
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.domain.sharing import SHARE_SECONDS, Shared, share_key
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.ports import Save
from chalicelib.usecases.stats import count


class Sharing:
    """One message for each minute and what is shown in it, whoever shows it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def share(self, team: Team, request: Request, stats: Stats) -> str:
        """Write down what is to be shown; Refused where the same was shown a moment ago."""
        require(team, request.actor, Role.VIEWER, "Showing the key metrics to the team", stats.service)
        now = self._answers.clock.now()
        self._refuse_again(stats, now)
        shown = Shared(
            stats.service,
            stats.environment,
            _minute(now),
            request.actor,
            count(self._answers.store, team, stats, now),
        )
        self._answers.commit_once(request, "", Save(shown))
        where = f"*{stats.environment}*" if stats.environment else "the team"
        return f"I show it in the channel of {where} now; its picture comes some seconds later."

    def _refuse_again(self, stats: Stats, now: float) -> None:
        """In this minute and the one before, which may have ended just now."""
        for number in (_minute(now), _minute(now) - 1):
            last = self._answers.store.shared(share_key(stats.service, stats.environment, number))
            if last is not None and now - last.figures.at < SHARE_SECONDS:
                who, when = f"{{person:{last.actor}}}", f"{{when:{last.figures.at:.0f}}}"
                raise Refused(Reason.SHOWN_LATELY, who=who, when=when)


def _minute(now: float) -> int:
    return int(now // SHARE_SECONDS)
