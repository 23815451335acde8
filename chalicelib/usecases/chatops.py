"""What people ask for: each command is decided against the table, written in one transaction, and answered at once.

The edge never reaches a server; the state machine does the work.
"""

from collections.abc import Callable

from chalicelib.domain.commands import Act, Command, Decide, Deploy, Help, Keep
from chalicelib.domain.coupling import Together
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.form_commands import OpenForm
from chalicelib.domain.holding import Holding
from chalicelib.domain.reading import Reading, Share
from chalicelib.domain.reasons import Reason
from chalicelib.domain.role_commands import ChangeRole, Roles, Whoami
from chalicelib.domain.settings import Team
from chalicelib.domain.update_commands import UpdateItself
from chalicelib.usecases import team_questions, texts
from chalicelib.usecases.acting import Acting
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.coupling import Coupling, meant
from chalicelib.usecases.deciding import Deciding
from chalicelib.usecases.forms import form_for
from chalicelib.usecases.granting import Granting
from chalicelib.usecases.helping import help_with
from chalicelib.usecases.keeping_places import KeepingPlaces
from chalicelib.usecases.looking import look
from chalicelib.usecases.ports import Clock, Store, Workflow
from chalicelib.usecases.role_texts import answer as role_answer
from chalicelib.usecases.sharing import Sharing
from chalicelib.usecases.starting import Starting
from chalicelib.usecases.update_ports import BY_HAND, Installed
from chalicelib.usecases.updating import Updating

_TRIES = 3
"""How often a command is decided again after it lost a race; chat waits a few seconds for the answer, no longer."""


class ChatOps:
    """Commands, from typed text and from buttons alike."""

    def __init__(
        self, store: Store, workflow: Workflow, clock: Clock, installed: Installed = BY_HAND
    ) -> None:
        self._store = store
        self._workflow = workflow
        self._clock = clock
        self._starting = Starting(store, workflow, clock)
        answers = Answers(store, workflow, clock)
        self._granting = Granting(answers)
        self._updating = Updating(answers, installed)
        self._deciding = Deciding(answers, self._granting, self._updating)
        self._acting = Acting(answers, self._starting)
        self._places = KeepingPlaces(answers)
        self._sharing = Sharing(answers)
        self._coupling = Coupling(store, workflow, self._starting)

    def handle(self, request: Request) -> Reply:
        """Do what was asked and return what to say to the one who asked; Refused says why not."""
        said = self._said(request)
        return said if isinstance(said, Reply) else Reply(said)

    def _said(self, request: Request) -> str | Reply:
        command = request.command
        if isinstance(command, Help):
            return help_with(command.about)
        team = self._store.team()
        if isinstance(command, Roles | Whoami):
            return role_answer(team, command, request.actor, lambda: self._waiting_roles(command))
        if isinstance(command, OpenForm):
            return form_for(self._store, team, command, request.actor, self._clock.now())
        if isinstance(command, Reading):
            return look(self._store, team, command, request.actor, self._clock.now())
        try:
            return self._again_after_conflict(lambda: self._change(team, request))
        except Refused:
            if self._store.seen(request.event) is None:
                raise
            # The very same event was being handled at this moment: nobody is too late for their own click.
            return self._change(team, request)

    def _waiting_roles(self, command: Roles | Whoami) -> list[str]:
        asked = team_questions.waiting(self._store, self._clock.now())
        return team_questions.for_list(asked, command.service if isinstance(command, Roles) else "")

    def _again_after_conflict(self, attempt: Callable[[], str]) -> str:
        for _ in range(_TRIES):
            try:
                return attempt()
            except Conflict:
                continue
        raise Refused(Reason.BUSY)

    def _change(self, team: Team, request: Request) -> str:
        command = request.command
        if isinstance(command, Deploy):
            command = meant(self._store, team, command)
        if isinstance(command, Deploy):
            return self._starting.deploy(team, command, request.actor, request.event)
        if isinstance(command, Together):
            return self._coupling.begin(team, command, request, self._clock.now())
        before = self._store.seen(request.event)
        if before is not None:
            return self._done_before(before)
        if isinstance(command, Holding):
            return self._places.hold(team, request, command)
        if isinstance(command, Share):
            return self._sharing.share(team, request, command.stats)
        return self._decide_or_act(team, request, command)

    def _decide_or_act(self, team: Team, request: Request, command: Command) -> str:
        if isinstance(command, Decide):
            return self._deciding.decide(team, request, command)
        if isinstance(command, Keep):
            return self._acting.keep(team, request, command)
        if isinstance(command, Act):
            return self._acting.act(team, request, command)
        if isinstance(command, ChangeRole):
            return self._granting.change(request, command)
        if isinstance(command, UpdateItself):
            return self._updating.ask(request, command)
        raise Refused(Reason.UNKNOWN_COMMAND, given=type(command).__name__)

    def _done_before(self, code: str) -> str:
        """The same event again: what it decided stands, and the machine is woken in case the first try died before."""
        question = self._store.question(code)
        if question is not None and question.token:
            self._workflow.wake(question.token)
        return texts.DONE_BEFORE
