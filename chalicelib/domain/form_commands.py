"""Which form somebody wants to fill in: for whoever prefers that to typing a command."""

from dataclasses import dataclass

from chalicelib.domain.coupling import parts_of
from chalicelib.domain.grammar import code, malformed, name
from chalicelib.domain.holding import target

ABOUT_PLACES = frozenset({"lock", "unlock", "queue", "override"})
ABOUT_PEOPLE = frozenset({"grant", "revoke"})


@dataclass(frozen=True, slots=True)
class OpenForm:
    """The form of a command: to deploy where none is named. What is known already is not asked for: the place with what
    is wanted there (`cameras@142`), or the code of a question."""

    verb: str = "deploy"
    service: str = ""
    environment: str = ""
    wanted: str = ""
    code: str = ""


def open_form(verb: str, words: list[str]) -> OpenForm:
    """`[COMMAND] [SERVICE ENVIRONMENT]` or `reject CODE`; two words alone are a place, whatever the first is called."""
    if len(words) == 2 and words[0] == "reject":
        return OpenForm("reject", code=code("reject", words[1]))
    if words in ([each] for each in ABOUT_PEOPLE):
        return OpenForm(words[0])
    if len(words) in {1, 3} and words[0] in ABOUT_PLACES:
        return _about(words[0], words[1:])
    if len(words) == 2:
        return OpenForm("deploy", *(name(verb, word) for word in words))
    if words:
        known = ", ".join(f"`{each}`" for each in sorted(ABOUT_PLACES | ABOUT_PEOPLE))
        raise malformed(verb, f"`form` takes {known}, a service and an environment, or `reject` and a code.")
    return OpenForm()


def _about(verb: str, place: list[str]) -> OpenForm:
    if not place:
        return OpenForm(verb)
    wanted, environment = place
    first, *_ = [target("form", [part, "to", environment])[0] for part in parts_of(wanted)]
    return OpenForm(verb, first, environment, wanted)
