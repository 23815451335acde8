"""What a schema can not say: that names fit together, and that the people suffice for a second pair of eyes."""

from pathlib import Path as File
from typing import Any

from cli import freeze_semantics, kind_semantics, traffic_semantics
from cli.document import Document
from cli.durations import seconds, words
from cli.findings import Path, nearest, shown
from cli.reading import environments, mapping, sequence, texts, timeout

_HOUR, _DAY = 3_600, 86_400
LONGEST_BAKE = _HOUR
"""The machine looks at most 240 times, 15 s apart; a test runs it for that long."""
_LONGEST = {
    "ask": _HOUR,  # a confirmation of something that was asked hours ago confirms something else
    "ready": 7 * _DAY,
    "keep_old": 30 * _DAY,
    "build": _DAY,
    "most_keep_old": 30 * _DAY,
    "lock": 30 * _DAY,
    "most_lock": 30 * _DAY,
    "turn": _HOUR,  # whoever waits behind waits for it
}
_SHORTEST = {"retry": 0}  # what failed is removed at once


def check(document: Document, folder: File) -> None:
    """Add findings; `folder` is what relative paths in the document start from."""
    _ci(document)
    _durations(document)
    _people(document)
    _ansible(document, folder)
    _ids(document)
    traffic_semantics.check(document)
    kind_semantics.check(document)


def _ci(document: Document) -> None:
    services = mapping(document.data, "services")
    for source, content in mapping(document.data, "ci").items():
        for at, service in enumerate(sequence(content, "services")):
            if isinstance(service, str) and service not in services:
                advice = nearest(service, services) or f"services here: {', '.join(services) or 'none'}"
                path = ("ci", source, "services", at)
                document.add(path, f"there is no service {shown(service)}", advice)


def _durations(document: Document) -> None:
    for name, service in mapping(document.data, "services").items():
        drain = mapping(service, "drain")
        _within(document, ("services", name, "drain", "pause"), drain.get("pause"), (0, _HOUR))
    for path, _service, _name, own in environments(document.data):
        bake = mapping(own, "bake").get("time")
        _within(document, (*path, "bake", "time"), bake, (0, LONGEST_BAKE))
        for name, value in mapping(own, "timeouts").items():
            _within(
                document, (*path, "timeouts", name), value, (_SHORTEST.get(name, 1), _LONGEST.get(name, _DAY))
            )
        _no_longer(document, path, own, "keep_old", "most_keep_old")
        _no_longer(document, path, own, "lock", "most_lock")
        freeze_semantics.check(document, path, own)


def _ids(document: Document) -> None:
    """A deployment's id, which names its execution, is made of both names: `a-b` in `c` and `a` in `b-c` are one."""
    taken: dict[str, str] = {}
    for path, service, name, _own in environments(document.data):
        joined = f"{service}-{name}"
        if joined in taken:
            problem = f"its deployments would be named {joined}-1 and so on, like those of {taken[joined]}"
            document.add(path, problem, "rename the environment or the service", at_key=True)
        taken.setdefault(joined, f"{shown(service)} in {shown(name)}")


def _within(document: Document, path: Path, value: object, bounds: tuple[int, int]) -> None:
    given, (least, most) = seconds(value), bounds
    if given is None or given < 0:
        return  # what is no duration at all is the schema's to say
    if not least <= given <= most:
        advice = f"anything from {words(least)} to {words(most)}"
        document.add(path, f"{shown(value)} is too {'long' if given > most else 'short'}", advice)


def _no_longer(document: Document, path: Path, own: object, name: str, most_name: str) -> None:
    length, most = timeout(own, name), timeout(own, most_name)
    if length is None or most is None or length <= most:
        return
    given = mapping(own, "timeouts")
    key = name if name in given else most_name
    problem = f"{name} ({words(length)}) is longer than {most_name} ({words(most)})"
    document.add((*path, "timeouts", key), problem, f"raise {most_name} or shorten {name}")


def _people(document: Document) -> None:
    people = mapping(document.data, "people")
    admins = set(texts(people, "admin"))
    deployers, approvers = set(texts(people, "deployer")) | admins, set(texts(people, "approver")) | admins
    enough = max((len(approvers - {each}) for each in deployers), default=0)
    for path, _service, name, own in environments(document.data):
        if not isinstance(own, dict) or own.get("protected", True) is not True:
            continue
        if not enough:
            problem = (
                f"{name} is protected, but there are no two people of whom one may ask and another confirm"
            )
            advice = "name a second person as approver or admin, or set `protected: false`"
            place = (*path, "protected") if "protected" in own else path
            document.add(place, problem, advice, at_key=True)
            continue
        _quorum(document, (*path, "approvals"), mapping(own, "approvals"), enough)


def _quorum(document: Document, path: Path, given: dict[str, Any], enough: int) -> None:
    """More people than there are can never confirm."""
    more = given.get("risky", 0)
    for name, wanted in given.items():
        if name == "risky" or type(wanted) is not int or type(more) is not int:
            continue
        most = wanted + (more if name in {"start", "finish"} else 0)
        if most > enough:
            problem = f"{most} people can not confirm: beside the one who asks there {_are(enough)}"
            document.add((*path, name), problem, "name more approvers or admins, or lower the number")


def _are(number: int) -> str:
    return "is one approver or admin" if number == 1 else f"are {number} approvers or admins"


def _ansible(document: Document, folder: File) -> None:
    for name, service in mapping(document.data, "services").items():
        given = service.get("ansible") if isinstance(service, dict) else None
        if not isinstance(given, str) or not given:
            continue
        path = ("services", name, "ansible")
        if not _is_file(folder / given / "site.yml"):
            document.add(
                path, f"there is no file site.yml in {shown(given)}", "name the folder that holds it"
            )


def _is_file(file: File) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # a name that no file can have, such as one of 5,000 characters
        return False
