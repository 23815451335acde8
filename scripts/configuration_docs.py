"""Write docs/configuration.md from the schema and docs/configuration.example.yaml; run it without arguments."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cli.schema import schema  # noqa: E402  # the script also runs where the project is not installed

TARGET = ROOT / "docs" / "configuration.md"
INTRODUCTION = """# pointsman.yaml

<!-- Written by scripts/configuration_docs.py from cli/schema.json and docs/configuration.example.yaml; edit those. -->

A team's configuration lives in its own repository. `pointsman config check` says everything that is wrong with it,
each with file, line and column; `pointsman config publish` makes it the version that the service reads. A deployment
keeps the version that it started with. `pointsman config schema > pointsman.schema.json` gives an editor the schema.

Exit codes: 0 done (also where the published version says the same already), 1 the configuration is wrong or could not
be published, 2 wrong usage or a file that is not there.

## A complete example

```yaml
{example}```

## Every key

A key in **bold** must be there. NAME stands for a name that you choose: {name}.

| Key | Value | Meaning | Default |
| --- | --- | --- | --- |
{rows}

## What each way to switch asks of you

- `weighted`: nothing more. The switch is one call, and the old hosts keep their connections until their clients
  were asked to move.
- `targets`: the old hosts leave the target group with the switch, so their connections last for its deregistration
  delay and no longer. Set the delay (300 s unless you changed it) above what draining takes: clients of a host /
  `batch` x `pause`, for each round of `hosts`. Until all new hosts are healthy both fleets take new connections.
- `dns`: clients have to look the name up for every connection, and to respect its time to live. Both fleets serve
  for two more minutes after each move, until every resolver has it, before anybody is asked to move.

## What is checked beyond the table

- A service of servers has `roles` and `ansible`; a frontend has a `bucket`, and nothing that is only for servers.
- Names fit together: the roles of `traffic` are roles of the service, the services of `ci` exist.
- `weighted` has one load balancer and two target groups, `targets` one of each, `dns` two of each with a zone and a
  record in it. No two ways in share a target group, a listener or a record.
- No two frontends are served from one place: in copy mode an environment's name stands for a folder of the bucket, in
  pointer mode each environment has a `pointer` of its own.
- SERVICE-ENVIRONMENT is another for each environment, because deployments are named so: not `a-b` in `c` and `a` in
  `b-c`.
- A protected environment has somebody who may ask and somebody else who may confirm.
- `keep_old` is at most `most_keep_old`, `lock` at most `most_lock`. A freeze names a time zone and days that exist, has
  both ends weekly or both dated, and ends after it begins. The folder `ansible` holds a `site.yml`.
- Keys stand once. YAML aliases and tags are not supported; `true` and `false` are the only words for yes and no.
"""
_WORDS = {"object": "mapping", "array": "list", "string": "text", "integer": "number"}


def render() -> str:
    """The page."""
    example = (ROOT / "docs" / "configuration.example.yaml").read_text("utf-8")
    rows = "\n".join(_rows(schema(), ""))
    name = schema()["$defs"]["name"]["description"]
    return INTRODUCTION.format(example=example, name=name, rows=rows)


def _rows(node: dict[str, Any], path: str) -> Iterator[str]:
    node = _resolved(node)
    for key, value in node.get("properties", {}).items():
        shown = f"**`{path}{key}`**" if key in node.get("required", ()) else f"`{path}{key}`"
        yield from _row(_resolved(value), shown, f"{path}{key}")
    more = node.get("additionalProperties")
    if isinstance(more, dict) and "propertyNames" in node:
        yield from _row(_resolved(more), f"`{path}NAME`", f"{path}NAME")


def _row(value: dict[str, Any], shown: str, path: str) -> Iterator[str]:
    default = f"`{_plain(value['default'])}`" if "default" in value else ""
    yield f"| {shown} | {_kind(value)} | {_sentence(value['description'])} | {default} |"
    yield from _rows(value, f"{path}.")
    if isinstance(value.get("items"), dict):
        yield from _rows(value["items"], f"{path}[].")


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target = schema()["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return {**target, **node}


def _kind(value: dict[str, Any]) -> str:
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if "pattern" in value:
        return str(value["title"])
    kinds: list[str] = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")
