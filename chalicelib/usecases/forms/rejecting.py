"""Say no to a question, and why."""

from chalicelib.domain.approval import OF_THE_TEAM, SECOND_PERSON, Answer, Kind
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import Form
from chalicelib.usecases.deciding import require_decider
from chalicelib.usecases.forms.shape import Asked, FormKind, Values, said, why

_OF_THE_TEAM = {Kind.ROLE: "A change of roles", Kind.UPDATE: "An update of me"}


def _shown(asked: Asked) -> Form:
    """Who may decide about what is the team's is asked when it is sent."""
    code, by = asked.command.code, asked.by
    question = asked.store.question(code)
    if question is None or question.kind not in SECOND_PERSON | OF_THE_TEAM:
        raise Refused(Reason.UNKNOWN_QUESTION, code=code)
    if question.kind not in OF_THE_TEAM:
        require_decider(asked.team, question, Answer.REJECT, by)
    question.answered(Answer.REJECT, by, asked.now)
    what = _OF_THE_TEAM.get(question.kind, f"*{question.deployment}*")
    line = f"{what} was asked for by {{person:{question.requester}}}."
    return Form("reject", "Reject", "Reject", (why(optional=True),), about=code, lines=(line,))


def _typed(about: str, values: Values) -> str:
    return f"reject {about} {said(values)}".strip()


KINDS = {"reject": FormKind(_shown, _typed)}
