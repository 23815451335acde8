"""YAML that is refused before anybody asks what it means, and that no text can end the check."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.check import check
from cli.document import MOST_BYTES, MOST_DEPTH, load

Report = Callable[[str], list[str]]

NOT_YAML = {
    "nothing": ("# only a comment\n", "f:1:1: (document): the file is empty; start with `workspace:`"),
    "a key twice": (
        "workspace: T0A\nchannel: C0A\nworkspace: T0B\n",
        'f:3:1: workspace: the key "workspace" stands here twice, first in line 1; keep one of them',
    ),
    "an alias": (
        "a: &x [1]\nb: *x\n",
        "f:2:4: (document): the alias *x is not supported; write the value out",
    ),
    "a tag": ("a: !!python/name:os.system x\n", "f:1:4: a: "),
    "a key that is no text": ("a: 1\n2: 3\n", "f:2:1: (document): this key is not text; put it in quotes"),
    "a tab as indentation": (
        "a:\n\tb: 1\n",
        "f:2:1: (document): not YAML: while scanning for the next token found",
    ),
    "an open bracket": ("a: [1,\nb: 2\n", "f:3:1: (document): not YAML: while parsing a flow sequence"),
    "two documents": ("a: 1\n---\nb: 2\n", "f:2:1: (document): not YAML: expected a single document"),
    "a control character": (
        "a: 1\nb: \x07\n",
        "f:2:4: (document): the character U+0007 is not allowed in YAML",
    ),
    "an escape beyond Unicode": (
        'a: 1\nb: "\\UFFFFFFFF"\n',
        "f:2:1: (document): not YAML: a number or escape after",
    ),
    "a number without end": (f"a: {'9' * 5000}\n", "f:1:4: a: "),
}


@pytest.mark.parametrize(("text", "expected"), NOT_YAML.values(), ids=list(NOT_YAML))
def test_what_is_no_plain_yaml_is_refused(report: Report, text: str, expected: str) -> None:
    """The first finding of its kind names the place."""
    assert any(each.startswith(expected) for each in report(text)), report(text)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """The place of the first wrong byte is named."""
    (found,) = check(b"a: 1\nb: \xff\n", tmp_path).findings
    assert found.render("f") == "f:2:4: (document): this is not UTF-8 text; save the file as UTF-8"


def test_a_document_that_nests_without_end() -> None:
    """Depth is limited before anything recurses."""
    (found,) = load(b"[" * 50_000).findings
    assert found.problem == f"nested more than {MOST_DEPTH} deep"


def test_a_file_that_is_too_large() -> None:
    """Size is limited before anything is parsed."""
    (found,) = load(b" " * (MOST_BYTES + 1)).findings
    assert found.advice == "a configuration is a page or two"


def test_what_is_shown_can_not_steer_a_terminal(report: Report) -> None:
    """Control characters and lone surrogates arrive escaped."""
    for line in report('"\\e[31m\\uD800": 1\n'):
        assert line.isprintable()


def test_half_a_character_is_refused_where_it_stands() -> None:
    """Nothing that is sent or stored could hold it."""
    (found,) = load(b'channel: a\nworkspace: "\\uD83D"\n').findings
    assert (found.place.line, found.problem.rpartition('"')[2]) == (2, " holds half a character")


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_WORDS = st.sampled_from(
    [
        "workspace",
        "channel",
        "people",
        "admin",
        "deployer",
        "ci",
        "services",
        "cameras",
        "roles",
        "ansible",
        "drain",
        "pause",
        "environments",
        "production",
        "switch",
        "traffic",
        "role",
        "load_balancer",
        "load_balancers",
        "target_groups",
        "zone",
        "record",
        "timeouts",
        "ask",
        "keep_old",
        "bake",
        "time",
    ]
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(max_examples=150)
@given(st.text() | _ANYTHING.map(lambda value: yaml.safe_dump(value, sort_keys=False)))
def test_no_text_ends_the_check(text: str) -> None:
    """Any text is answered with findings, each of which can be shown."""
    checked = check(text.encode("utf-8", "surrogatepass"), Path(__file__).parent / "data")
    assert checked.findings, "nothing that is made up here is a whole configuration"
    assert all(each.render("f").isprintable() for each in checked.findings)


@settings(max_examples=150)
@given(st.data())
def test_no_change_of_a_valid_file_ends_the_check(data: st.DataObject) -> None:
    """Cutting out or putting in anything anywhere is answered, not raised."""
    text = (Path(__file__).parent / "data" / "field.yaml").read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    put = data.draw(st.text("[]{}:,-!&*%|>\"'#? \n\tnull0.5", max_size=6))
    check((text[:start] + put + text[end:]).encode(), Path(__file__).parent / "data")
