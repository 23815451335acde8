"""What has to be said of a deployment whatever it deploys: one value of this for servers, one for frontends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.brief import Risk
from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.chat_ports import BarKind

Said = Callable[[Deployment], str]


@dataclass(frozen=True, slots=True)
class Buttons:
    """Labels, and what a button that can not be undone asks once more."""

    cancel: str
    rollback: str
    release: str
    keep: str
    end: str
    sure_to_end: str
    keep_it: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What only the one reads who typed or pressed it. `yes` and `no` go on from the deployment's name."""

    yes: Mapping[Kind, str]
    no: Mapping[Kind, str]
    finishing: Said
    canceling: Said
    released: Said
    rolling_back: Said
    ending: Said
    extended: Said
    doing: Mapping[str, str]
    """What a role is needed for, by the verb."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What the team is asked, what a yes lasts for, and what a no leaves."""

    asked: Mapping[Kind, str]
    lasting: Mapping[Kind, str]
    after_no: Mapping[Kind, str]
    gone_back: Mapping[Kind, str]
    risks: Mapping[Risk, str]
    unknown: str
    """Where nobody knows what is between two versions."""
    nothing: str
    """Instead of a version, where nothing is known to be live."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows of the picture, and what people did in it."""

    rows: Mapping[State, tuple[str, BarKind]]
    nouns: Mapping[Kind, str]
    did: Mapping[Answer, str]


@dataclass(frozen=True, slots=True)
class Whys:
    """Why an environment is as it is."""

    waits: Mapping[State, str]
    wishes: Mapping[Kind, str]
    acts: Callable[[Deployment], Mapping[State, str]]
    after: Mapping[State, str]
    expires: Mapping[Kind, str]
    canceling: str
    possible: Callable[[Deployment, str, str], str]
    """That one move goes back: until when, and to which version."""
    ill: str
    none_stands_by: str
    enabling: str
    """What is measured where a version is deployed again."""
    live_with: State
    """The state that ends what is measured there."""


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is said differently of servers and of frontends."""

    kind: str
    name: Said
    """What is deployed, as text without markup."""
    states: Mapping[State, str]
    steps: tuple[tuple[State, str], ...]
    first: Mapping[State, str]
    """What steps and rows of the picture are called where there is nothing to go back to."""
    next: Callable[[Deployment, Sequence[Question]], Mapping[State, str]]
    ended: Said
    """For ends that have no sentence of their own in `next`."""
    closes: str
    """What going on does to the deployment whose rollback window it closes."""
    let_go: str
    """What stayed as it was where somebody released what got stuck."""
    ends: str
    """What comes to its end by itself, while people may still go back."""
    doing: Mapping[State, str]
    """What failed or took too long, by the state in which it did."""
    late: Mapping[State, str]
    """What did not come in time, where that says more."""
    still_keeps: str
    """What the next deployment waits for."""
    notices: Mapping[State, Said]
    history: Mapping[str, str]
    buttons: Buttons
    answers: Answers
    questions: Questions
    timeline: Timeline
    why: Whys
