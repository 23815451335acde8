"""What may be typed about updates of the service itself: `update`, and to which revision."""

from dataclasses import dataclass

from chalicelib.domain.grammar import malformed, shown
from chalicelib.domain.updates import SOURCE


@dataclass(frozen=True, slots=True)
class UpdateItself:
    """Update the service to a revision of its repository; where none is named, to the newest of the branch that it
    follows."""

    wanted: str = ""


def update(verb: str, words: list[str]) -> UpdateItself:
    """Nothing, or a commit, a tag or a branch."""
    if len(words) > 1:
        raise malformed(verb, "`update` takes one revision at most.")
    if words and not SOURCE.match(words[0]):
        raise malformed(verb, f"`{shown(words[0])}` can not be a commit, a tag or a branch.")
    return UpdateItself(*words)
