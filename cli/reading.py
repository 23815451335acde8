"""Parts of a document that may not be what the schema wants: each is read as empty where it is something else."""

from collections.abc import Iterator
from typing import Any

from chalicelib.domain.settings import Timeouts
from cli.durations import seconds
from cli.findings import Path

DEFAULT_TIMEOUTS = Timeouts()


def mapping(value: object, key: str) -> dict[str, Any]:
    """The mapping under a key; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def sequence(value: object, key: str) -> list[Any]:
    """The list under a key; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def texts(value: object, key: str) -> list[str]:
    """The texts of the list under a key."""
    return [each for each in sequence(value, key) if isinstance(each, str)]


def one_or_more(value: object, key: str) -> list[str]:
    """The texts under `key` and `keys`: `load_balancer: a` is short for `load_balancers: [a]`."""
    one = value.get(key) if isinstance(value, dict) else None
    return ([one] if isinstance(one, str) else []) + texts(value, f"{key}s")


def roles(service: object) -> list[str]:
    """The roles of a service, listed or as keys."""
    return texts(service, "roles") or list(mapping(service, "roles"))


def is_frontend(service: object) -> bool:
    """Whether a service is a web frontend, which has no servers."""
    return isinstance(service, dict) and service.get("kind") == "frontend"


def strategy(environment: object) -> str:
    """How an environment's traffic moves."""
    given = environment.get("switch", "weighted") if isinstance(environment, dict) else "weighted"
    return given if isinstance(given, str) else ""


def timeout(environment: object, name: str) -> int | None:
    """Seconds of one wait, or its default; None where what stands there is no duration."""
    return seconds(mapping(environment, "timeouts").get(name, getattr(DEFAULT_TIMEOUTS, name)))


def environments(data: object) -> Iterator[tuple[Path, str, str, Any]]:
    """Path, service, name and content of each environment."""
    for service, shared in mapping(data, "services").items():
        for name, own in mapping(shared, "environments").items():
            yield ("services", service, "environments", name), service, name, own
