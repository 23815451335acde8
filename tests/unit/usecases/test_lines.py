"""Chat's limits, obeyed through state: who waits, who goes first, and that nothing is lost whatever dies."""

from dataclasses import replace

from chalicelib.domain.approval import Answer, Question
from chalicelib.domain.deployment import Deployment, Ref, State
from chalicelib.domain.pacing import Limit
from tests.builders import APPROVER, NOW, deployment, question
from tests.unit.usecases.chat_world import ChatWorld

HOW_MANY = 200


def one(number: int, state: State = State.PREPARING) -> Deployment:
    """A deployment of a service of its own."""
    service = f"service{number:03}"
    return replace(deployment(state), id=f"{service}-production-1", service=service)


def asked(world: ChatWorld, number: int, state: State = State.ASKING_START) -> Ref:
    """A deployment that waits for a second person."""
    made = one(number, state)
    asks = replace(
        question(), service=made.service, deployment=made.id, code=f"Q{number:04}", asked_at=world.clock.now(),
        deadline=world.clock.now() + 300,
    )  # fmt: skip
    world.store.put(made, asks)
    return made.ref


def answer(world: ChatWorld, ref: Ref) -> None:
    """Somebody confirms."""
    records = list(world.store.table.records.values())
    (asks,) = [each for each in records if isinstance(each, Question) and each.ref == ref]
    world.store.put(asks.answered(Answer.CONFIRM, APPROVER, world.clock.now()))


def texts(world: ChatWorld) -> list[str]:
    """The first message of every deployment, in the order of their posting."""
    return [each.message.summary for each in world.chat.shown.values() if not each.thread]


def test_a_burst_and_then_the_pace() -> None:
    """Ten at once, then one every second and a half: never more than fifty in a minute."""
    limit, full, now = Limit(1.5, burst=10), 0.0, 1_000.0
    taken: list[float] = []
    while len(taken) < 200:
        now = max(now, limit.free_at(full))
        full = limit.taken(full, now)
        taken.append(now)
    assert taken.count(1_000.0) == 10
    assert max(sum(start <= each < start + 60 for each in taken) for start in taken) <= 50


def test_a_line_that_is_held_gives_no_turn_before_then() -> None:
    """Whatever burst it may have."""
    for limit in (Limit(1.0), Limit(1.5, burst=10)):
        assert limit.free_at(limit.held(500.0)) == 500.0


def test_200_deployments_that_change_at_once_in_one_channel() -> None:
    """No limit is exceeded, every message ends right, and changes that came meanwhile are one update."""
    world = ChatWorld()
    refs = [one(number).ref for number in range(HOW_MANY)]
    for state in (State.PREPARING, State.TESTING, State.READY, State.SWITCHING, State.BAKING, State.KEEPING):
        for number in range(HOW_MANY):
            world.store.put(one(number, state))
        for start in range(0, HOW_MANY, 100):
            world.stream(*refs[start : start + 100])
        world.run(seconds=20)
    told = world.clock.now()
    world.run()
    assert world.chat.refused == 0
    assert len(texts(world)) == HOW_MANY
    assert all("keeping" in text or "standing by" in text for text in texts(world)), set(texts(world))
    updates = len(world.chat.called("update"))
    assert updates < 2 * HOW_MANY < 5 * HOW_MANY
    assert [kept.waiting for kept in world.lines.kept.values() if kept.waiting] == []
    assert world.clock.now() - NOW < 275, "two hundred messages need two hundred seconds"
    assert world.clock.now() - told < 150


def test_questions_go_before_progress() -> None:
    """A deployment that asks late overtakes a hundred that only tell how far they are."""
    world = ChatWorld()
    for number in range(100):
        world.store.put(one(number))
        world.stream(one(number).ref)
    world.run(seconds=5)
    world.stream(asked(world, 500))
    came = world.clock.now()
    world.run(seconds=10)
    waiting = [at for at, shown in world.chat.shown.items() if "service500" in shown.message.summary]
    assert len(waiting) == 2  # the message with the buttons, and the question in its thread
    assert all(world.chat.first[at] - came < 5 for at in waiting)
    world.run()
    assert len(texts(world)) == 101
    assert world.chat.refused == 0


def test_buttons_are_taken_away_before_progress_is_told() -> None:
    """A decided question's copies are updated first, also where updates have to wait (I6)."""
    world = ChatWorld()
    refs = [one(number).ref for number in range(60)]
    for number in range(60):
        world.store.put(one(number))
    late = asked(world, 500)
    world.stream(*refs, late)
    world.run(seconds=200)
    for number in range(60):
        world.store.put(one(number, State.TESTING))
    world.stream(*refs)
    world.run(seconds=5)
    world.store.put(one(500, State.PREPARING))
    answer(world, late)
    world.stream(late)
    world.run(seconds=8)
    about = [
        each
        for each in world.chat.shown.values()
        if any("service500" in f"{x}" for x in (each.message.lines, each.message.title))
    ]
    assert about
    assert not {action.verb for each in about for action in each.message.actions} & {"confirm", "reject"}


def test_a_refusal_holds_its_line_only() -> None:
    """After a 429 nobody asks again before Retry-After; another channel is not held up."""
    world = ChatWorld()
    world.chat.pace.retry_after("chat.postMessage", "C0DEPLOYS")  # somebody else's message took this second
    world.store.put(one(1), replace(one(2), channel="C0OTHER"))
    world.stream(one(1).ref, one(2).ref)
    world.run(seconds=0.5)
    assert [each.channel for each in world.chat.shown.values()] == ["C0OTHER"]
    world.run()
    assert world.chat.refused == 1
    assert {each.channel for each in world.chat.shown.values()} == {"C0DEPLOYS", "C0OTHER"}


def test_a_chat_that_is_down_for_an_hour_is_asked_less_and_less() -> None:
    """Nothing is lost, and nothing fails meanwhile."""
    world = ChatWorld()
    world.chat.down = True
    refs = [asked(world, number) for number in range(5)]
    world.stream(*refs)
    world.run(seconds=3_600)
    tries = len(world.chat.called("post")) + len(world.chat.called("find"))
    assert 10 < tries < 120
    world.chat.down = False
    world.run()
    assert len(world.chat.shown) == 10
    assert len({shown.key for shown in world.chat.shown.values()}) == 10


def story(world: ChatWorld) -> None:
    """Two deployments ask; one is answered while chat is still behind."""
    first, second = asked(world, 1), asked(world, 2)
    world.stream(first, second)
    world.run(seconds=2)
    world.store.put(one(1))
    answer(world, first)
    world.stream(first)
    world.run(seconds=600)
    world.stream(first, second)  # whatever comes next finds what a death left behind
    world.run()


def calls() -> list[tuple[str, str, int]]:
    """Every call of every port in the story, enumerated by recording it."""
    world = ChatWorld()
    story(world)
    made = []
    for port in ("store", "chat", "lines", "wakes"):
        recorded = [call.method for call in getattr(world, port).calls]
        for method in sorted(set(recorded)):
            made += [(port, method, skip) for skip in range(recorded.count(method))]
    return made


def test_nothing_is_lost_and_nothing_doubled_wherever_the_function_dies() -> None:
    """Before and after every call of every port: each message is there once, says what is true, and nobody waits."""
    tried = 0
    for port, method, skip in calls():
        for after in (False, True):
            world = ChatWorld()
            getattr(world, port).fail(method, RuntimeError("killed"), skip=skip, after=after)
            story(world)
            where = f"{port}.{method} number {skip}, {'after' if after else 'before'}"
            shown = list(world.chat.shown.values())
            # Two deployments, two questions, and one reminder, of the question that nobody answered.
            assert len(shown) == len({each.key for each in shown}) == 5, where
            asking = [each for each in shown if any(x.verb == "confirm" for x in each.message.actions)]
            assert all("service002" in each.message.summary for each in asking), where
            assert [each.waiting for each in world.lines.kept.values() if each.waiting] == [], where
            tried += 1
    assert tried > 200
