"""The port Store, on its fake and on DynamoDB: history is one chain for each environment, however many write it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.domain.errors import Conflict, Duplicate, LostLock
from chalicelib.domain.history import Head, History, verify
from chalicelib.usecases.ports import Hold, Save, Seen, Store
from tests.builders import DEPLOYER, NOW, deployment

WHERE = ("cameras", "production")


def line(event: str, **changes: str) -> History:
    """A line of history."""
    made = History(*WHERE, "cameras-production-1", NOW + 0.125, DEPLOYER, event)
    return replace(made, **changes)  # type: ignore[arg-type]


def chain(store: Store, where: tuple[str, str] = WHERE) -> list[History]:
    """The lines, oldest first, after a look that they are whole."""
    lines = list(store.history(*where, limit=None))[::-1]
    assert verify(lines, store.history_head(*where)) == []
    return lines


def test_a_history_that_was_never_written_has_no_head(store: Store) -> None:
    """And is whole."""
    assert store.history_head(*WHERE) == Head()
    assert chain(store) == []


def test_lines_of_one_commit_and_of_the_next_are_one_chain(store: Store) -> None:
    """In the order in which they were given; the head is the newest's."""
    store.commit(line("asked"), line("accepted"))
    store.commit(line("begin", detail="ü {disk} \u2028"))
    lines = chain(store)
    assert [(each.number, each.event) for each in lines] == [(1, "asked"), (2, "accepted"), (3, "begin")]
    assert store.history_head(*WHERE) == lines[-1].head


def test_history_is_read_on_from_a_number(store: Store) -> None:
    """Only the lines before it, newest first; the head is none of them."""
    store.commit(*(line(f"event-{number}") for number in range(1, 13)))
    found = store.history(*WHERE, limit=3, before=10)
    assert [each.number for each in found] == [9, 8, 7]
    assert [each.number for each in store.history(*WHERE, limit=3, before=2)] == [1]
    assert store.history(*WHERE, limit=3, before=1) == ()


def test_each_environment_has_a_chain_of_its_own(store: Store) -> None:
    """Also where one commit writes to two."""
    store.commit(line("one"), line("two", environment="staging"), line("three"))
    assert [each.event for each in chain(store)] == ["one", "three"]
    assert [each.event for each in chain(store, ("cameras", "staging"))] == ["two"]


@pytest.mark.parametrize("number", [0, 7])
def test_what_a_caller_says_of_the_place_of_a_line_does_not_count(store: Store, number: int) -> None:
    """A line that was read and is written again is a new one."""
    store.commit(replace(line("accepted"), number=number, previous="x", digest="y"))
    (found,) = chain(store)
    assert found.number == 1


def test_a_commit_that_is_refused_leaves_the_chain_as_it_was(store: Store) -> None:
    """For every reason; the errors are those of the other changes."""
    store.commit(line("accepted"), Seen("click", NOW))
    with pytest.raises(Duplicate):
        store.commit(line("again"), Seen("click", NOW))
    with pytest.raises(Conflict):
        store.commit(line("again"), Save(deployment(revision=4)))
    with pytest.raises(LostLock):
        store.commit(line("again"), Hold(deployment().ref, 3))
    assert [each.event for each in chain(store)] == ["accepted"]


def test_writers_at_the_same_moment_make_one_chain(reopen: Callable[[], Store]) -> None:
    """Two threads, ten lines each: none is lost or written twice, and none has another's number.

    Who loses again and again is told, as for any lost race, and asks again, as every caller of the port does.
    """
    ready = threading.Barrier(2)

    def write(name: str) -> None:
        mine = reopen()
        ready.wait()
        for number in range(10):
            while True:
                with suppress(Conflict):
                    mine.commit(line(f"{name}{number}"))
                    break

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = [each.event for each in chain(reopen())]
    assert [each for each in events if each < "b"] == [f"a{number}" for number in range(10)]
    assert [each for each in events if each > "b"] == [f"b{number}" for number in range(10)]
