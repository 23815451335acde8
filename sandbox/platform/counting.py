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
    return _match(service, environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""))


def _peek(environ: Environ) -> str:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body.decode(errors="replace")


def _match(service: str, method: str, path: str, query: str) -> str:
    """Find the operation of a REST service whose template fits best: the longest fixed part wins."""
    asked = set(parse_qs(query, keep_blank_values=True))
    if service == "s3" and path.strip("/"):
        path = "/" + path.strip("/").partition("/")[2]  # path style: the bucket is not in the templates
    fitting = [
        (len(needed), len(template), name)
        for name, verb, template, pattern, needed in _templates(service)
        if verb == method and needed <= asked and pattern.fullmatch(path)
    ]
    return max(fitting)[2] if fitting else UNKNOWN


@cache
def _templates(service: str) -> list[tuple[str, str, str, re.Pattern[str], frozenset[str]]]:
    """Read the REST templates of a service from botocore's model."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        template, _, query = http["requestUri"].partition("?")
        template = template.removeprefix("/{Bucket}") or "/"
        needed = frozenset(parse_qs(query, keep_blank_values=True)) - {"x-id"}
        escaped = re.sub(r"\\{\w+(\\\+)?\\}", lambda m: ".+" if m[1] else "[^/]+", re.escape(template))
        found.append((name, http["method"], template, re.compile(escaped + "/?"), needed))
    return found
