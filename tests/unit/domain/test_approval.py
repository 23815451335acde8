"""Questions: decided once, in time, and by somebody else."""

import pytest

from chalicelib.domain.approval import CODE_LENGTH, SECOND_PERSON, Answer, Kind, code_from
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, question


@pytest.mark.parametrize("kind", sorted(SECOND_PERSON))
def test_nobody_confirms_their_own_request(kind: Kind) -> None:
    """A stolen login alone changes nothing."""
    with pytest.raises(Refused) as refused:
        question(kind).answered(Answer.CONFIRM, DEPLOYER, NOW + 1)
    assert refused.value.reason is Reason.SAME_PERSON


def test_the_one_who_asked_may_withdraw() -> None:
    """Saying no to oneself is safe."""
    assert question().answered(Answer.REJECT, DEPLOYER, NOW + 1).answer is Answer.REJECT


def test_an_answer_at_the_deadline_counts_and_one_after_it_does_not() -> None:
    """Five minutes are five minutes."""
    assert question().answered(Answer.CONFIRM, APPROVER, NOW + 300).answer is Answer.CONFIRM
    with pytest.raises(Refused) as refused:
        question().answered(Answer.CONFIRM, APPROVER, NOW + 300.1)
    assert refused.value.reason is Reason.EXPIRED


def test_a_second_answer_is_told_who_decided_and_when() -> None:
    """A late click changes nothing and says why."""
    decided = question().answered(Answer.REJECT, APPROVER, NOW + 10)
    with pytest.raises(Refused) as refused:
        decided.answered(Answer.CONFIRM, LEAD, NOW + 11)
    assert refused.value.reason is Reason.ALREADY_DECIDED
    assert str(APPROVER) in refused.value.text
    assert f"{NOW + 10:.0f}" in refused.value.text


def test_settling_keeps_an_answer_and_expires_a_question_without_one() -> None:
    """What the machine reads after its wait is final."""
    confirmed = question().answered(Answer.CONFIRM, APPROVER, NOW + 10)
    assert confirmed.settled(NOW + 400) == confirmed
    expired = question().settled(NOW + 320)
    assert expired.answer is Answer.EXPIRED
    with pytest.raises(Refused):
        expired.answered(Answer.CONFIRM, APPROVER, NOW + 321)


def test_a_question_takes_only_answers_of_its_kind() -> None:
    """`confirm` does not extend a window."""
    with pytest.raises(Refused):
        question(Kind.KEEP).answered(Answer.CONFIRM, APPROVER, NOW + 1)


def test_codes_are_short_and_have_no_look_alikes() -> None:
    """A code can be read aloud."""
    code = code_from(bytes(range(32)))
    assert len(code) == CODE_LENGTH
    assert not set(code) & set("0O1ILU")
