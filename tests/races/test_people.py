"""Two people at the same moment: one wins, the others are told who and when, and history has one line."""

from collections.abc import Callable, Iterator

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import Ref, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import ROLES, TEAM, Grant, Grants, Role, RoleChange
from chalicelib.usecases.ci import report
from chalicelib.usecases.ports import Save
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.work import StepEvent, run
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, question
from tests.races.arena import CODE, TOKEN, Arena, one_won, together, told_who

Arenas = Callable[[], Iterator[Arena]]
REF = Ref("cameras", "production", "cameras-production-1")


def test_two_approvers(arenas: Arenas) -> None:
    """Both confirm: one answer, one line, one wake-up."""
    for arena in arenas():
        arena.at(State.ASKING_START, question())
        got = together(arena.says(f"confirm {CODE}", APPROVER), arena.says(f"confirm {CODE}", LEAD))
        _, refused = one_won(got)
        winner = (APPROVER, LEAD)[isinstance(got[0], Refused)]
        told_who(refused, winner, "confirmed")
        assert (arena.asked().answer, arena.asked().answered_by) == (Answer.CONFIRM, winner)
        assert [line.actor for line in arena.history()] == [winner]
        assert arena.workflow.woken == [TOKEN]


def test_two_of_two_confirm_at_once(arenas: Arenas) -> None:
    """Both count: whoever comes second decides, and the machine is woken once, by that one."""
    for arena in arenas():
        arena.at(State.ASKING_FINISH, question(Kind.FINISH, needed=2))
        got = together(arena.says(f"confirm {CODE}", APPROVER), arena.says(f"confirm {CODE}", LEAD))
        assert all(isinstance(each, str) for each in got), got
        asked = arena.asked()
        assert {each.by for each in asked.confirmations} == {APPROVER, LEAD}
        assert asked.answer is Answer.CONFIRM
        assert asked.answered_by == asked.confirmations[-1].by
        assert [line.detail for line in arena.history("confirm_finish")][::-1] == ["1 of 2", "2 of 2"]
        assert arena.workflow.woken == [TOKEN]


def test_one_person_twice_at_once_is_one_of_two(arenas: Arenas) -> None:
    """Two clicks of one person, from two windows."""
    for arena in arenas():
        arena.at(State.ASKING_FINISH, question(Kind.FINISH, needed=2))
        got = together(arena.says(f"confirm {CODE}", APPROVER), arena.says(f"confirm {CODE}", APPROVER))
        _, refused = one_won(got)
        assert refused[0].reason is Reason.CONFIRMED_BEFORE
        assert [each.by for each in arena.asked().confirmations] == [APPROVER]
        assert arena.workflow.woken == []


def test_the_last_two_admins_revoked_at_once(arenas: Arenas) -> None:
    """Two admins, in chat only, each with a confirmed wish to revoke the other: one of them stays."""
    for arena in arenas():
        admins = (Grant(DEPLOYER.user, Role.ADMIN), Grant(LEAD.user, Role.ADMIN))
        asked = [
            question(
                Kind.ROLE,
                code=code,
                service=TEAM,
                environment=ROLES,
                deployment=f"role-{code}",
                requester=by,
                token="",
                change=RoleChange(grant, revoke=True),
            )
            for code, by, grant in (("AAAAA", DEPLOYER, admins[1]), ("BBBBB", LEAD, admins[0]))
        ]
        arena.store.commit(Save(Grants(admins)), *(Save(each) for each in asked))
        got = together(arena.says("confirm AAAAA", APPROVER), arena.says("confirm BBBBB", APPROVER))
        _, refused = one_won(got)
        assert refused[0].reason in {Reason.LAST_ADMIN, Reason.REQUESTER_NOT_ALLOWED}
        assert len(arena.store.team().people(Role.ADMIN)) == 1


def test_two_grants_at_once_are_both_kept(arenas: Arenas) -> None:
    """They are one record: the slower one is decided again, on what the faster one wrote."""
    for arena in arenas():
        arena.store.commit(Save(Grants((Grant(LEAD.user, Role.ADMIN),))))
        got = together(
            *(arena.says(f"grant {{person:{GUEST}}} {role}", LEAD) for role in ("deployer", "viewer"))
        )
        assert all(isinstance(each, str) for each in got), got
        given = {each.role for each in arena.store.team().grants.given}
        assert given == {Role.ADMIN, Role.DEPLOYER, Role.VIEWER}


def test_a_confirmation_against_a_rejection(arenas: Arenas) -> None:
    """What the table says is what the one who won was told."""
    for arena in arenas():
        arena.at(State.ASKING_FINISH, question(Kind.FINISH))
        got = together(arena.says(f"confirm {CODE}", APPROVER), arena.says(f"reject {CODE}", LEAD))
        won, refused = one_won(got)
        confirmed = won.startswith("Confirmed")
        assert arena.asked().answer is (Answer.CONFIRM if confirmed else Answer.REJECT)
        told_who(refused, APPROVER if confirmed else LEAD, "confirmed" if confirmed else "rejected")
        assert len(arena.history()) == 1


def test_a_confirmation_against_the_deadline(arenas: Arenas) -> None:
    """The machine settles the question at the very moment of the last click: one of both writes counts, for both."""
    for arena in arenas():
        arena.at(State.ASKING_START, question())
        event = StepEvent("ReadStart", REF)

        def settle(arena: Arena = arena, event: StepEvent = event) -> str:
            steps = LedgerSteps(arena.workflow)
            return str(run(steps, arena.opened(), arena.clock, event)["is"])

        said, read = together(arena.says(f"confirm {CODE}", APPROVER), settle)
        if isinstance(said, str):
            assert arena.asked().answer is Answer.CONFIRM
            assert not isinstance(read, str) or read == "confirm"
        else:
            assert isinstance(said, Refused)
            assert said.reason is Reason.EXPIRED
            assert arena.asked().answer is Answer.EXPIRED
            assert read == "expired"
        decided = arena.history("confirm_start", "expired_start")
        assert len(decided) == 1


def test_two_deployments_of_one_environment(arenas: Arenas) -> None:
    """One is accepted and started; the other is told which one is active. One lock, one fencing number."""
    for arena in arenas():
        got = together(
            arena.says("cameras@142 to production", DEPLOYER), arena.says("cameras@143 to production", LEAD)
        )
        _, refused = one_won(got)
        assert refused[0].reason is Reason.ALREADY_ACTIVE
        assert REF.deployment in refused[0].text
        environment = arena.store.environment("cameras", "production")
        assert environment.active is not None
        assert (environment.active.deployment, environment.fence, environment.counter) == (
            REF.deployment,
            1,
            1,
        )
        assert set(arena.workflow.started) == {REF}
        assert [line.event for line in arena.history()] == ["accepted"]


def test_two_finishes(arenas: Arenas) -> None:
    """Both say finish: one is the requester of the switch, the other is told that it is being asked already."""
    for arena in arenas():
        arena.at(State.READY, question(Kind.READY))
        got = together(
            arena.says("finish cameras production", DEPLOYER), arena.says("finish cameras production", LEAD)
        )
        _, refused = one_won(got)
        assert refused[0].reason in {Reason.ALREADY_DECIDED, Reason.NOT_READY}
        winner = (DEPLOYER, LEAD)[isinstance(got[0], Refused)]
        assert arena.asked().answered_by == winner
        assert [(line.event, line.actor) for line in arena.history()] == [("finish_ready", winner)]


def test_keeping_longer_against_ending_now(arenas: Arenas) -> None:
    """The window is either longer or about to end, never both."""
    for arena in arenas():
        arena.keeping()
        got = together(
            arena.says("keep cameras production +2h", DEPLOYER),
            arena.says("keep cameras production end", LEAD),
        )
        one_won(got)
        extended = isinstance(got[0], str)
        assert arena.asked().answer is (Answer.EXTEND if extended else Answer.END)
        assert len(arena.history()) == 1


def test_a_rollback_against_the_end_of_the_window(arenas: Arenas) -> None:
    """The machine reads the window's end at the very moment somebody says rollback: one conditional write decides."""
    for arena in arenas():
        arena.keeping()
        event = StepEvent("ReadKeep", REF)

        def read(arena: Arena = arena, event: StepEvent = event) -> str:
            return str(run(LedgerSteps(arena.workflow), arena.opened(), arena.clock, event)["is"])

        said, decided = together(arena.says("rollback cameras production", DEPLOYER), read)
        answer = arena.asked().answer
        if isinstance(said, str):
            assert answer is Answer.ROLLBACK
            assert not isinstance(decided, str) or decided == "ask_rollback"
        else:
            assert answer is Answer.EXPIRED
            assert decided == "retire"
        assert len(arena.history("rollback_keep", "expired_keep")) == 1


def test_one_click_delivered_eight_times(arenas: Arenas) -> None:
    """Slack sends again what it thinks was lost: everybody is told that it is done, and it is done once."""
    for arena in arenas():
        clicks = [arena.says("cameras@142 to production", event="event-same") for _ in range(8)]
        got = together(*clicks)
        assert all(isinstance(each, str) and REF.deployment in each for each in got), got
        assert arena.store.environment("cameras", "production").counter == 1
        assert set(arena.workflow.started) == {REF}
        assert len(arena.history()) == 1


def test_one_confirmation_delivered_eight_times(arenas: Arenas) -> None:
    """Nobody is told that it was too late: it was their own click."""
    for arena in arenas():
        arena.at(State.ASKING_START, question())
        got = together(*(arena.says(f"confirm {CODE}", APPROVER, event="event-same") for _ in range(8)))
        assert all(isinstance(each, str) for each in got), got
        assert len(arena.history()) == 1
        assert arena.workflow.woken == [TOKEN]


def test_one_report_of_ci_delivered_eight_times(arenas: Arenas) -> None:
    """One build, taken once; whoever waited for it is answered once."""
    for arena in arenas():
        arena.at(State.PREPARING, question(Kind.BUILD))
        waiting = build("144", BuildStatus.RUNNING, waiting=(CODE,))
        arena.store.commit(Save(waiting))

        def deliver(arena: Arena = arena) -> str:
            passed, store = build("144", reported_at=NOW + 1), arena.opened()
            return report(
                store, arena.workflow, arena.clock, source="jenkins", event="delivery", build=passed
            )

        got = together(*[deliver] * 8)
        assert sorted(map(str, got)) == ["accepted", *["duplicate"] * 7]
        stored = arena.store.build("cameras", "144")
        assert stored is not None
        assert (stored.status, stored.revision) == (BuildStatus.PASSED, 2)
        assert arena.asked().answer is Answer.REPORTED
        assert arena.workflow.woken == [TOKEN]
