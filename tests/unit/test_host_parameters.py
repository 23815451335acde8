"""What reaches a shell on a host: the doors and the documents allow the same, and a real shell sees one inert word."""

import re
import subprocess
from string import ascii_letters, digits

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.builds import Build
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import NAME
from chalicelib.domain.pushed import VERSION
from chalicelib.wire import ci
from tests.sandbox.estate_harness import product_documents
from tests.unit.wire.test_ci import read, report

PARAMETERS = {
    f"{document}.{name}": str(declared["allowedPattern"])
    for document, content in product_documents().items()
    for name, declared in content["parameters"].items()
}
ODD = "\n\r\t $`'\"\\;&|<>(){}[]*?!#~=%^,\x00\u202e\u0661é"
NEAR = st.text(alphabet=ascii_letters + digits + "._+-/:" + ODD, max_size=70)


def allowed(parameter: str, value: str) -> bool:
    """Whether the document takes it, read as strictly as `$` can be."""
    return re.fullmatch(PARAMETERS[parameter].removeprefix("^").removesuffix("$"), value) is not None


def test_every_parameter_has_an_allow_list() -> None:
    """None is free text, and none lets a quote, a space or a $ through."""
    assert PARAMETERS
    for pattern in PARAMETERS.values():
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert not any(re.search(pattern, f"a{odd}b") for odd in ODD)


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        ({"Service", "Environment", "Role", "Check"}, NAME),
        ({"Version"}, VERSION),
        ({"Sha256", "BundleSha256"}, ci._SHA256),
    ],
)
@given(data=st.data())
def test_doors_and_documents_allow_the_same(
    names: set[str], ours: re.Pattern[str], data: st.DataObject
) -> None:
    """What passes a door is taken by the document, and nothing that a door refuses would be."""
    parameter = data.draw(st.sampled_from([each for each in PARAMETERS if each.split(".")[1] in names]))
    value = data.draw(NEAR | st.from_regex(ours, fullmatch=True) | st.from_regex(PARAMETERS[parameter]))
    assert allowed(parameter, value) == (ours.fullmatch(value) is not None)


@given(
    artifact=NEAR.map("s3://{}".format)
    | NEAR.map("https://artifacts.s3.eu-west-1.amazonaws.com/{}".format)
    | st.from_regex(ci._ARTIFACT, fullmatch=True)
)
def test_an_artifact_that_passes_the_door_is_taken_by_the_document(artifact: str) -> None:
    """Else a deployment would fail on its hosts for what CI could have been told at once."""
    try:
        found = read(report("build.finished", artifact=artifact)).about
    except Refused:
        return
    assert isinstance(found, Build)
    assert allowed("Pointsman-Install.Package", found.artifact)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(
        st.sampled_from(sorted(PARAMETERS)).flatmap(
            lambda name: st.from_regex(PARAMETERS[name].removesuffix("$") + r"\Z")
        ),
        min_size=1,
        max_size=60,
    )
)
def test_a_real_shell_sees_one_inert_word(
    values: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Even where a script forgot its quotes: bash gets exactly the value, and does nothing."""
    folder = tmp_path_factory.mktemp("shell")
    script = "".join(f"set -- {value}\nprintf '%s\\0' \"$#\" \"$1\" '{value}'\n" for value in values)
    ran = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=folder, capture_output=True, timeout=20, check=True
    )
    assert ran.stdout.decode() == "".join(f"1\0{value}\0{value}\0" for value in values)
    assert list(folder.iterdir()) == []
