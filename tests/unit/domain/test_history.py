"""The chain of history: whatever is done to one record of it is found, and the record is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.history import Break, Head, History, Wrong, compare, digest, verify
from chalicelib.domain.people import SERVICE, Actor
from tests.builders import DEPLOYER, NOW

TEXT = st.text(max_size=12)
LINES = st.builds(
    History,
    service=st.just("cameras"),
    environment=st.just("production"),
    deployment=TEXT,
    at=st.floats(0, 4e9),
    actor=st.builds(Actor, TEXT, TEXT),
    event=TEXT,
    detail=TEXT,
)
OTHER: dict[str, Callable[[History], object]] = {
    "service": lambda line: line.service + "x",
    "environment": lambda line: line.environment + "x",
    "deployment": lambda line: line.deployment + "x",
    "at": lambda line: line.at + 1,
    "actor": lambda line: replace(line.actor, user=line.actor.user + "x"),
    "event": lambda line: line.event + "x",
    "detail": lambda line: line.detail + "x",
    "number": lambda line: line.number + 1,
    "previous": digest,
    "digest": lambda line: line.digest[:-1] + ("0" if line.digest[-1] != "0" else "1"),
}


def chained(given: list[History]) -> list[History]:
    """Lines in their places."""
    head, lines = Head(), []
    for each in given:
        lines.append(each.after(head))
        head = lines[-1].head
    return lines


def made(count: int) -> list[History]:
    """A history of so many lines."""
    return chained(
        [
            History("cameras", "production", "cameras-production-1", NOW + number, DEPLOYER, "plan")
            for number in range(count)
        ]
    )


def named(breaks: list[Break]) -> set[int]:
    """Every number that is named."""
    return {number for each in breaks for number in range(each.number, max(each.number, each.last) + 1)}


CHAINS = st.lists(LINES, min_size=1, max_size=8).map(chained)


@given(CHAINS)
def test_what_nobody_touched_is_whole(lines: list[History]) -> None:
    """Also its newest lines alone, and none at all."""
    head = lines[-1].head
    assert verify(lines, head) == []
    assert verify(lines[len(lines) // 2 :], head, first=len(lines) // 2 + 1) == []
    assert verify([], Head()) == []


@given(CHAINS, st.data())
def test_any_change_of_any_field_is_found(lines: list[History], data: st.DataObject) -> None:
    """The record that was changed is named, whatever was changed in it."""
    at = data.draw(st.integers(0, len(lines) - 1))
    field = data.draw(st.sampled_from(sorted(OTHER)))
    changed = replace(lines[at], **{field: OTHER[field](lines[at])})  # type: ignore[arg-type]
    breaks = verify([*lines[:at], changed, *lines[at + 1 :]], lines[-1].head)
    assert lines[at].number in named(breaks)


@given(CHAINS, st.data())
def test_a_record_that_was_rewritten_with_its_hash_is_found(
    lines: list[History], data: st.DataObject
) -> None:
    """What follows it, or the head, has the hash that it had."""
    at = data.draw(st.integers(0, len(lines) - 1))
    forged = replace(lines[at], event=lines[at].event + "x")
    forged = replace(forged, digest=digest(forged))
    (found,) = verify([*lines[:at], forged, *lines[at + 1 :]], lines[-1].head)
    assert (found.number, found.wrong) == (at + 1, Wrong.REPLACED)


@given(CHAINS, st.data())
def test_any_removal_is_found(lines: list[History], data: st.DataObject) -> None:
    """In the middle and at both ends, one or many in a row: each number is named, and no other."""
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    breaks = verify([*lines[:start], *lines[end:]], lines[-1].head)
    assert {each.wrong for each in breaks} == {Wrong.REMOVED}
    assert named(breaks) == set(range(start + 1, end + 1))


@given(st.lists(LINES, min_size=2, max_size=8).map(chained), st.data())
def test_any_swap_is_found(lines: list[History], data: st.DataObject) -> None:
    """Both records are named, and no other."""
    first = data.draw(st.integers(0, len(lines) - 2))
    second = data.draw(st.integers(first + 1, len(lines) - 1))
    swapped = list(lines)
    swapped[first], swapped[second] = lines[second], lines[first]
    breaks = verify(swapped, lines[-1].head)
    assert {each.wrong for each in breaks} == {Wrong.MOVED}
    assert named(breaks) == {first + 1, second + 1}


@given(CHAINS, LINES, st.data())
def test_any_insertion_is_found(lines: list[History], other: History, data: st.DataObject) -> None:
    """Anywhere and under any number, though its own hash is right: its number is named."""
    at = data.draw(st.integers(0, len(lines)))
    number = data.draw(st.integers(-1, len(lines) + 2))
    inserted = other.after(Head(number - 1, lines[at - 1].digest if at else ""))
    breaks = verify([*lines[:at], inserted, *lines[at:]], lines[-1].head)
    assert number in named(breaks)


@given(CHAINS, st.data())
def test_a_head_that_was_changed_is_found(lines: list[History], data: st.DataObject) -> None:
    """The newest record is named where the head has another hash or a larger number, those after it where it has a
    smaller one."""
    head = lines[-1].head
    assert named(verify(lines, replace(head, digest="f" * 64))) == {head.number}
    assert named(verify(lines, replace(head, number=head.number + 2))) == {head.number + 1, head.number + 2}
    earlier = data.draw(st.integers(0, len(lines) - 1))
    back = lines[earlier - 1].head if earlier else Head()
    expected = set(range(earlier + 1, len(lines) + 1)) if earlier else {0}
    assert named(verify(lines, back)) == expected


def test_a_head_far_away_is_one_line_in_the_report() -> None:
    """A number that somebody made up makes no work."""
    (found,) = verify(made(2), Head(999_999_999, "f" * 64))
    assert (found.numbers, found.wrong) == ("#3 to #999999999", Wrong.REMOVED)


def test_what_is_broken_does_not_accuse_its_neighbors() -> None:
    """One record is changed: one is named."""
    lines = made(5)
    lines[2] = replace(lines[2], actor=SERVICE)
    assert [(each.number, each.wrong) for each in verify(lines, lines[-1].head)] == [(3, Wrong.CHANGED)]


def test_only_the_newest_can_be_asked_for() -> None:
    """What is wrong before the first number is somebody else's question."""
    lines = made(9)
    lines[1] = replace(lines[1], event="x")
    assert verify(lines[1:], lines[-1].head, first=4) == []
    assert named(verify([*lines[:4], *lines[5:]], lines[-1].head, first=4)) == {5}


@pytest.mark.parametrize(
    ("noted", "wrong"),
    [
        (made(3)[1].head, None),
        (Head(2, made(3)[1].digest[:8]), None),
        (Head(2, "00000000"), Wrong.NOT_AS_NOTED),
        (Head(4, "00000000"), Wrong.NOTED_AND_GONE),
    ],
)
def test_a_noted_head_shows_a_history_that_was_written_anew(noted: Head, wrong: Wrong | None) -> None:
    """A chain that was made anew from its first line is whole in itself; only what was noted elsewhere tells."""
    found = compare(made(3), noted)
    assert (found.wrong if found else None) is wrong


@pytest.mark.parametrize(
    "text", ["", "42", "42:3fa9", "42:3FA9C1D2", ":3fa9c1d2", "x:3fa9c1d2", "42:3fa9c1d2 "]
)
def test_a_noted_head_that_can_not_be_read_is_an_error(text: str) -> None:
    """Too short a hash would be found by trying."""
    with pytest.raises(ValueError, match="NUMBER:HASH"):
        Head.parse(text)


def test_a_head_is_written_short_and_read_back() -> None:
    """As messages show it, and as the command line takes it."""
    assert str(Head(42, "3fa9c1d2" * 8)) == "#42 3fa9c1d23fa9c1d2"
    assert Head.parse("42:3fa9c1d2") == Head(42, "3fa9c1d2")


def test_the_hash_is_the_one_that_was_written_in_the_first_version() -> None:
    """It can be computed with other tools, and no later version may make another one of the same line."""
    line = History("cameras", "production", "cameras-production-1", NOW, DEPLOYER, "accepted", "ü")
    assert line.after(Head()).digest == "2af2fe6e05478d2f40608dd18795a8ceb31fe684dd637228e387ac67ce81eee3"
