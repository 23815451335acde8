"""`pointsman config check`: everything that is wrong with a file, at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import schema, semantics
from cli.document import load
from cli.findings import Finding, in_order


@dataclass(frozen=True, slots=True)
class Checked:
    """A configuration that was read: its data, and what is wrong with it in the order of the file."""

    data: Any
    findings: tuple[Finding, ...]


def check(content: bytes, folder: Path) -> Checked:
    """Check the text of a configuration; `folder` is what its relative paths start from."""
    document = load(content)
    if document.values:
        schema.check(document)
        semantics.check(document, folder)
    return Checked(document.data, tuple(in_order(document.findings)))
