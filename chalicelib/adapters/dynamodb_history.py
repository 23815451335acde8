"""History in the table: each line under its number, and the head of each environment's chain.

A head is written with its lines, under the condition that it is still the one that the lines follow: two writers never
make two chains of one. Its revision is its number.
"""

from chalicelib.adapters.dynamodb_values import Item, encode, from_item, plain
from chalicelib.domain.history import Head, History
from chalicelib.domain.people import Actor

LINES = "HISTORY#"
HEAD = "HISTORYHEAD"
_TEXTS = ("service", "environment", "deployment", "event", "detail", "previous", "digest")


def line_sk(number: int) -> str:
    """Sorted by number."""
    return f"{LINES}{number:08}"


def head_item(head: Head) -> dict[str, object]:
    """What stands in the item of a head."""
    return {"revision": head.number, "digest": head.digest}


def read_head(item: Item) -> Head:
    """The head in an item; one that can not be read is none."""
    number, digest = (plain(item.get(name, encode(None))) for name in ("revision", "digest"))
    return Head(number, digest) if isinstance(number, int) and isinstance(digest, str) else Head()


def read_line(item: Item) -> History:
    """The line in an item; one that is no line any more keeps its number, and does not match its hash."""
    try:
        line: History = from_item(History, item)
    except (TypeError, ValueError, AttributeError):
        return _unreadable(item)
    texts = (getattr(line, name) for name in _TEXTS)
    actor = (line.actor.workspace, line.actor.user) if isinstance(line.actor, Actor) else (None,)
    numbers = isinstance(line.at, float) and type(line.number) is int
    fine = numbers and all(isinstance(each, str) for each in (*texts, *actor))
    return line if fine else _unreadable(item)


def _unreadable(item: Item) -> History:
    number = item["sk"]["S"].removeprefix(LINES)
    return History(
        "", "", "", 0.0, Actor("", ""), "can not be read", number=int(number) if number.isdecimal() else 0
    )
