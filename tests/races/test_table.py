"""The table itself: all of a transaction or nothing, and one winner, whoever writes at the same moment."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from chalicelib.domain.deployment import Environment
from chalicelib.domain.errors import Conflict
from chalicelib.domain.history import History
from chalicelib.usecases.ports import Save, Seen
from tests.builders import LEAD, NOW, build
from tests.races.arena import Arena, together

Arenas = Callable[[], Iterator[Arena]]
WRITERS = 8


def test_one_of_eight_writers_of_a_record_wins(arenas: Arenas) -> None:
    """Of the others nothing is there: neither their second record, nor their event, nor their line."""
    for arena in arenas():
        arena.store.commit(Save(Environment("cameras", "production")))
        read = arena.store.environment("cameras", "production")

        def write(number: int, arena: Arena = arena, read: Environment = read) -> str:
            name = f"writer-{number}"
            arena.opened().commit(
                Save(replace(read, live_version=name)),
                Save(build(f"{200 + number}")),
                Seen(name, NOW),
                History("cameras", "production", name, NOW, LEAD, "accepted"),
            )
            return name

        got = together(*(partial(write, number) for number in range(WRITERS)))
        (winner,) = (each for each in got if isinstance(each, str))
        assert all(isinstance(each, str | Conflict) for each in got), got
        after = arena.store.environment("cameras", "production")
        assert (after.live_version, after.revision) == (winner, read.revision + 1)
        assert [line.deployment for line in arena.history()] == [winner]
        names = [f"writer-{number}" for number in range(WRITERS)]
        assert [name for name in names if arena.store.seen(name) is not None] == [winner]
        made = [number for number in range(WRITERS) if arena.store.build("cameras", f"{200 + number}")]
        assert made == [names.index(winner)]
