"""docs/security.md says which test shows what; each of them is there, and every role has its row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.iam.roles import roles

PAGE = Path("docs/security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)


def functions(path: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse(Path(path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_is_there() -> None:
    """A renamed test takes its row with it."""
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not Path(path).is_file() or (name and name not in functions(path))
    ]
    assert missing == []
    assert len(NAMED) > 50, "the names are found"


def test_every_row_names_a_test() -> None:
    """What is claimed is shown, or stands under what is not covered."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") == 4]
    claims = [row for row in rows if not row.startswith(("| ---", "| What", "| Role", "| `"))]
    assert [row for row in claims if "`tests/" not in row] == []
    assert len(claims) > 30


def test_every_role_is_described() -> None:
    """A new function has its row, and a role that is gone has none."""
    described = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert sorted(described) == sorted(roles())
