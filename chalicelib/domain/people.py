"""Who did something: a person of a workspace, a CI source, or the service itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Identity is workspace id and user id; a display name is never one (it can be chosen freely)."""

    workspace: str
    user: str

    def __str__(self) -> str:
        return f"{self.workspace}/{self.user}"

    @classmethod
    def parse(cls, value: str) -> "Actor":
        """The actor that `str` wrote."""
        workspace, _, user = value.partition("/")
        return cls(workspace, user)

    @property
    def is_person(self) -> bool:
        """False for CI and for the service itself."""
        return self.workspace not in {"ci", "pointsman"}


SERVICE = Actor("pointsman", "service")


def ci(source: str) -> Actor:
    """A CI source, after its door verified it."""
    return Actor("ci", source)
