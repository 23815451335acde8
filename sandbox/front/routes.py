"""The routes of the packaged API, read from the template that `chalice package` writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Route:
    """One resource of the API with the methods it answers; `resource` is the pattern, as in `/hooks/{source}`."""

    resource: str
    methods: frozenset[str]

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters if the raw path fits this resource, else None."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.resource))
        found = re.fullmatch(pattern, path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class Api:
    """What the template declares: its resources, the media types it treats as binary, its stage."""

    routes: tuple[Route, ...]
    binary_types: frozenset[str]
    stage: str

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a request; exact resources win over those with parameters, as in API Gateway."""
        for route in sorted(self.routes, key=lambda r: r.resource.count("{")):
            captured = route.match(path)
            if captured is not None and method.upper() in route.methods:
                return route, captured
        return None

    def is_binary(self, content_type: str) -> bool:
        """Whether a media type is declared binary; parameters such as a charset do not count."""
        kind = content_type.partition(";")[0].strip().lower()
        return "*/*" in self.binary_types or kind in self.binary_types


def read_api(template: Path) -> Api:
    """The API of a packaged template (`sam.json`). Raises KeyError where there is none."""
    return api_of(json.loads(template.read_text(encoding="utf-8")))


def api_of(template: dict[str, Any]) -> Api:
    """The API of a parsed template."""
    properties = template["Resources"]["RestAPI"]["Properties"]
    swagger = properties["DefinitionBody"]
    routes = tuple(
        Route(path, frozenset(method.upper() for method in methods))
        for path, methods in swagger["paths"].items()
    )
    binary = frozenset(swagger.get("x-amazon-apigateway-binary-media-types", ()))
    return Api(routes, binary, properties.get("StageName", "api"))
