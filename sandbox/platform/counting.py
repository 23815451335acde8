"""Counts AWS calls by operation and caller, from the requests alone.

Names are botocore's: `ec2.RunInstances`, `dynamodb.TransactWriteItems`, `stepfunctions.SendTaskSuccess`.
The caller is the access key id; functions have their own name as key id.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

SERVICES = {
    "states": "stepfunctions",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "email": "ses",
}
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
UNKNOWN = "unknown"


class Call(NamedTuple):
    """One AWS call as its request shows it."""

    caller: str
    service: str
    operation: str


class CallCounter:
    """Every call of this process's life."""

    def __init__(self) -> None:
        self._counts: Counter[Call] = Counter()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Count one call."""
        with self._lock:
            self._counts[call] += 1

    def report(self, callers: set[str]) -> dict[str, Any]:
        """Count the calls of these callers: in total, and by caller."""
        with self._lock:
            mine = {call: number for call, number in self._counts.items() if call.caller in callers}
        total: Counter[str] = Counter()
        by_caller: dict[str, Counter[str]] = {}
        for call, number in sorted(mine.items()):
            name = f"{call.service}.{call.operation}"
            total[name] += number
            by_caller.setdefault(call.caller, Counter())[name] += number
        return {"total": total, "by_caller": by_caller}


def identify(environ: Environ) -> Call | None:
    """Tell which call a signed request is; None when it is not one."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not match:
        return None
    service = SERVICES.get(match[2], match[2])
    return Call(match[1], service, _operation(environ, service))


def _operation(environ: Environ, service: str) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rpartition(".")[2])
    path: str = environ.get("PATH_INFO", "/")
    if "/operation/" in path:  # Smithy RPC v2
        return path.rpartition("/")[2]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(_peek(environ)).get("Action", [UNKNOWN])[0]
    return _match(environ, service, path)


def _peek(environ: Environ) -> str:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body.decode(errors="replace")


def _match(environ: Environ, service: str, path: str) -> str:
    """Find the operation of a REST service: of those that fit, the one that needs most."""
    given = set(parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    given |= {name[5:].lower().replace("_", "-") for name in environ if name.startswith("HTTP_X_AMZ_")}
    if service == "s3" and path.strip("/"):
        path = "/" + path.strip("/").partition("/")[2]  # path style: the bucket is not in the templates
    fitting = [
        (len(template.needed), len(template.path.pattern), template.operation)
        for template in _templates(service)
        if template.method == environ["REQUEST_METHOD"]
        and template.needed <= given
        and template.path.fullmatch(path)
    ]
    return max(fitting)[2] if fitting else UNKNOWN


class Template(NamedTuple):
    """How a REST operation is requested: method, path, and what must be in the query or the headers."""

    operation: str
    method: str
    path: re.Pattern[str]
    needed: frozenset[str]


@cache
def _templates(service: str) -> list[Template]:
    """Read the REST templates of a service from botocore's model."""
    model = botocore.session.get_session().get_service_model(service)
    return [_template(model.operation_model(name)) for name in model.operation_names]


def _template(operation: Any) -> Template:
    path, _, query = operation.http["requestUri"].partition("?")
    escaped = re.escape(path.removeprefix("/{Bucket}") or "/")
    pattern = re.sub(r"\\{\w+(\\\+)?\\}", lambda m: ".+" if m[1] else "[^/]+", escaped)
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    needed = {m.serialization["name"].lower() for m in members if m.serialization.get("location") == "header"}
    needed |= {m.serialization["name"] for m in members if m.serialization.get("location") == "querystring"}
    needed |= parse_qs(query, keep_blank_values=True).keys() - {"x-id"}
    return Template(operation.name, operation.http["method"], re.compile(pattern + "/?"), frozenset(needed))
