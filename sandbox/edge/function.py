"""Runs the project's CloudFront Function as it stands in `stepfunctions/site.yaml`, in a small JavaScript engine.

Amazon CloudFront Developer Guide, "Helper methods for key value stores": `get` gives a promise, which is rejected where
there is no such key. "CloudFront Functions event structure": what goes in, and what comes out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import quickjs
import yaml

from sandbox.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATE = ROOT / "stepfunctions" / "site.yaml"
_IMPORT = re.compile(r"^import cf from 'cloudfront';$", re.MULTILINE)
_REMEMBERED = 10_000
_AROUND = """
const cf = {kvs: () => ({get: async (key) => {
  if (Object.prototype.hasOwnProperty.call(__keys, key)) { return __keys[key]; }
  throw new Error('KeyNotFound');
}})};
let __keys = {}, __answer = null;
function __run(event, keys) {
  __keys = JSON.parse(keys);
  __answer = null;
  handler(JSON.parse(event)).then(
    (found) => { __answer = JSON.stringify(found); },
    (error) => { __answer = JSON.stringify({failed: String(error)}); });
}
function __read() { return __answer; }
"""


class FunctionFailed(Exception):
    """The function threw; CloudFront answers 502 then ("HTTP 502 status code", "CloudFront function ... error")."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function says: another URI and query, or (with a status) the whole response."""

    uri: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


class ViewerRequest:
    """The function of one distribution. Only one thread may use it: the engine belongs to the one that made it."""

    def __init__(self, mode: str, *, single_page: bool = False) -> None:
        self._context = quickjs.Context()
        self._context.eval(_AROUND + _IMPORT.sub("", code(mode, single_page=single_page)))
        self._run = self._context.get("__run")
        self._read = self._context.get("__read")
        self._known: dict[tuple[str, str, str, str], Answer] = {}

    def __call__(self, uri: str, keys: Mapping[str, str], query: str = "") -> Answer:
        """What becomes of a request, given the store as this edge knows it. Raises FunctionFailed."""
        live = keys.get("live", "")
        known = uri, query, live, keys.get(live, "")
        if known not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[known] = self._answer(uri, keys, query)
        return self._known[known]

    def _answer(self, uri: str, keys: Mapping[str, str], query: str) -> Answer:
        request = {"method": "GET", "uri": uri, "headers": {}, "cookies": {}, "querystring": _parsed(query)}
        self._run(json.dumps({"version": "1.0", "request": request}), json.dumps(dict(keys)))
        while self._context.execute_pending_job():
            pass
        said: dict[str, Any] | None = json.loads(self._read() or "null")
        if said is None or "failed" in said:
            raise FunctionFailed(said["failed"] if said else "no answer")
        if "statusCode" not in said:
            return Answer(
                said["uri"], query={name: each["value"] for name, each in said["querystring"].items()}
            )
        headers = {name: each["value"] for name, each in said.get("headers", {}).items()}
        return Answer("", said["statusCode"], headers, said.get("body", "").encode())


def _parsed(query: str) -> dict[str, Any]:
    """As the event has it: undecoded, and `multiValue` where a name comes more than once."""
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        first = found.setdefault(name, {"value": value})
        if first.get("seen"):
            first.setdefault("multiValue", [{"value": first["value"]}]).append({"value": value})
        first["seen"] = True
    for each in found.values():
        del each["seen"]
    return found


def code(mode: str, *, single_page: bool = False) -> str:
    """The text that CloudFormation would hand to CloudFront."""
    template = template_of()
    text: str = template["Resources"]["ViewerRequest"]["Properties"]["FunctionCode"]["Fn::Join"][1][2]
    begin = template["Mappings"]["Begin"][mode]["Store"]
    page = template["Mappings"]["Single"]["yes" if single_page else "no"]["Page"]
    return f"{begin}\n{page}\n{text}"


def in_cache_key(mode: str) -> list[str]:
    """The parameters of a query that make another name in the cache, and that the origin is asked with."""
    policy = template_of()["Resources"]["CachePolicy"]["Properties"]["CachePolicyConfig"]
    _points, pointer, copy = policy["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]["If"]
    names: list[str] = (copy if mode == "copy" else pointer).get("QueryStrings", [])
    return names


def missing_page(mode: str, stack: str) -> str:
    """The path that CloudFront fetches for what the origin does not have, without the function."""
    settings = template_of()["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    found = {each["ErrorCode"]: each for each in settings["CustomErrorResponses"]}
    _points, pointer, copy = found[404]["ResponsePagePath"]["If"]
    path: str = copy if mode == "copy" else pointer["Sub"].replace("${AWS::StackName}", stack)
    return path


@cache
def template_of() -> dict[str, Any]:
    """The template, with CloudFormation's short forms as plain values."""
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return found


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's tags."""


def _tagged(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None
    return {name: value}


_Loader.add_multi_constructor("!", _tagged)
