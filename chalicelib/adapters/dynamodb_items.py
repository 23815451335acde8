"""Records to DynamoDB items and back, and where each record stands in the table.

| pk                    | sk                                     | what                                            |
| --------------------- | -------------------------------------- | ----------------------------------------------- |
| ENV#service#env       | STATE                                  | what is live, who holds it, fencing number      |
|                       | DEPLOYMENT#00000142                    | a deployment, by its number                     |
|                       | QUESTION#deployment#millis#code        | a question, with its task token                 |
|                       | FINDING#trouble-deployment             | what the sweeper found                          |
|                       | LOCK#lock-3                            | a lock, as chat shows it                        |
|                       | PLACE#place-4                          | a place in the queue, as chat shows it          |
|                       | ASK#ask-5954321                        | that a holder was asked, by its five minutes    |
|                       | SHARE#share-29772704                   | what was shown to the team, by its minute       |
|                       | HISTORY#00000042                       | a line of history, by its number                |
|                       | HISTORYHEAD                            | number and hash of the newest line              |
|                       | POST#deployment#key                    | a message in chat                               |
| ENV#service#, ENV##   | SHARE#share-29772704                   | the same of all environments, of all services   |
| SERVICE#service       | BUILD#version                          | a build as reported last                        |
|                       | RELEASE#first tag of the minute#0002   | a release of a frontend as reported             |
|                       | RECENT#millis#version                  | the same again, in the order of reports         |
| CODE#code             | CODE                                   | where the question of a code is                 |
| SEEN#event            | SEEN                                   | an outside event that was handled, and its result |
| HOME                  | VISIT#workspace/user                   | when somebody opened their home last            |
| TEAM                  | GRANTS                                 | the roles that were granted in chat             |
| UPDATES               | UPDATES                                | the latest updates of the service itself        |
| CONFIG                | CURRENT, VERSION#00000003              | published configurations                        |

Attributes are DynamoDB's own maps and lists, so that the console shows them.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.adapters.dynamodb_values import Attribute, Item
from chalicelib.domain.approval import Question
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.findings import Finding, FindingKey
from chalicelib.domain.locks import Ask, Lock, Place, TicketKey
from chalicelib.domain.people import Actor
from chalicelib.domain.pushed import Release
from chalicelib.domain.roles import TEAM, Grants
from chalicelib.domain.sharing import Shared
from chalicelib.domain.updates import UPDATES, Updates
from chalicelib.domain.visits import Visit
from chalicelib.usecases.ports import Record

# --- places -----------------------------------------------------------------------------------------------------


HOME, VISIT = "HOME", "VISIT#"


def environment_pk(service: str, environment: str) -> str:
    """The partition of one environment."""
    return f"ENV#{service}#{environment}"


def service_pk(service: str) -> str:
    """The partition of a service's builds."""
    return f"SERVICE#{service}"


def deployment_sk(identifier: str) -> str:
    """Sorted by number, which is the last part of the id."""
    return f"DEPLOYMENT#{int(identifier.rpartition('-')[2]):08}"


def release_sk(tag: str) -> str:
    """Sorted by time, and within a minute by number."""
    first, _, number = tag.rpartition("-")
    numbered = len(tag.rpartition("_")[2]) > len("14-05")
    return f"RELEASE#{first if numbered else tag}#{int(number) if numbered else 1:04}"


def _tag(rest: str) -> str:
    """What `release_sk` was made of."""
    first, _, number = rest.partition("#")
    return first if int(number) == 1 else f"{first}-{int(number)}"


def millis(seconds: float) -> str:
    """A time that sorts as text."""
    return f"{round(seconds * 1000):015}"


def key(pk: str, sk: str) -> Item:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


GRANTS = key("TEAM", "GRANTS")
"""A partition of its own: only the function at the door may write it."""
LATEST = key("UPDATES", "UPDATES")
"""A partition of its own: who updates the service may write no role."""


def place(record: Record) -> Item:
    """The primary key of a record."""
    if isinstance(record, Environment):
        return key(environment_pk(record.service, record.name), "STATE")
    if isinstance(record, Deployment):
        return key(environment_pk(record.service, record.environment), deployment_sk(record.id))
    if isinstance(record, Question):
        sk = f"QUESTION#{record.deployment}#{millis(record.asked_at)}#{record.code}"
        return key(environment_pk(record.service, record.environment), sk)
    if isinstance(record, Finding | Lock | Place | Ask | Shared):
        found = f"FINDING#{record.key}" if isinstance(record, Finding) else ticket_sk(record.key)
        return key(environment_pk(record.service, record.environment), found)
    return _place_apart(record)


def _place_apart(record: Build | Release | Visit | Grants | Updates) -> Item:
    """Of what belongs to no environment."""
    if isinstance(record, Visit):
        return key(HOME, f"{VISIT}{record.who}")
    if isinstance(record, Grants | Updates):
        return GRANTS if isinstance(record, Grants) else LATEST
    if isinstance(record, Release):
        return key(service_pk(record.service), release_sk(record.tag))
    return key(service_pk(record.service), f"BUILD#{record.version}")


def ticket_sk(ticket: TicketKey) -> str:
    """The sort key of a lock, a place in the queue, or of what else has such a key."""
    return f"{ticket.key.partition('-')[0].upper()}#{ticket.key}"


Changed = Ref | FindingKey | TicketKey | tuple[str, str] | Actor


def changed(keys: Mapping[str, Attribute]) -> Changed | None:
    """What a key of the table's stream is about: a deployment, a finding, a lock or a place in the queue, a build
    (service, version), a release of a frontend (service, tag), a visitor of the home tab, the latest updates of the
    service itself (of no id), or nothing for chat."""
    pk, sk = keys["pk"]["S"], keys["sk"]["S"]
    kind, _, rest = sk.partition("#")
    if kind in {"BUILD", "RELEASE"}:
        return pk.partition("#")[2], rest if kind == "BUILD" else _tag(rest)
    if kind == "VISIT":
        return Actor.parse(rest)
    if kind == UPDATES.upper():
        return Ref(TEAM, UPDATES, "")
    return _changed_there(pk, kind, rest) if pk.startswith("ENV#") else None


def _changed_there(pk: str, kind: str, rest: str) -> Ref | FindingKey | TicketKey | None:
    """In the partition of an environment."""
    _, service, environment = pk.split("#", 2)
    if kind in {"LOCK", "PLACE", "ASK", "SHARE"}:
        return TicketKey(service, environment, rest)
    if kind == "FINDING":
        return FindingKey(service, environment, rest)
    about = {"DEPLOYMENT": f"{service}-{environment}-{rest.lstrip('0')}", "QUESTION": rest.partition("#")[0]}
    return Ref(service, environment, about[kind]) if kind in about else None


MOST_OUTPUT, MOST_DETAIL = 20_000, 4_000
"""Far more than a step keeps: an item may have 400 KB, and a fleet's hosts take most of that."""


def fitting(record: Record) -> Record:
    """A record whose texts from outside are short enough for one item; of an output the end is kept."""
    if isinstance(record, Deployment):
        return replace(record, output=record.output[-MOST_OUTPUT:], detail=record.detail[:MOST_DETAIL])
    return record
