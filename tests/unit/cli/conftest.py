"""A valid configuration that tests break in one place each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.check import check

DATA = Path(__file__).parent / "data"
VALID = """\
workspace: T0SANDBOX
channel: C0DEPLOYS
people:
  admin: [U0DEPLOYER]
  deployer: [U0DEPLOYER]
  approver: [U0APPROVER]
ci:
  jenkins: {services: [cameras]}
services:
  cameras:
    roles: [control, recorder]
    ansible: ansible
    checks: [connects]
    drain: {batch: 25, pause: 1s, hosts: 1}
    prices: {t3.small: 0.0208}
    environments:
      production:
        switch: weighted
        traffic:
          - role: control
            load_balancer: cameras
            listener: 9000
            target_groups: [cameras-blue, cameras-green]
        timeouts: {ask: 5m, keep_old: 2h}
        bake: {time: 30s}
"""
Report = Callable[[str], list[str]]


@pytest.fixture
def report() -> Report:
    """What `check` says about a text, one line for each finding."""
    return lambda text: [each.render("f") for each in check(text.encode(), DATA).findings]


@pytest.fixture
def broken(report: Report) -> Callable[[str, str], list[str]]:
    """What `check` says about the valid configuration after one replacement."""

    def say(old: str, new: str) -> list[str]:
        assert VALID.count(old) == 1, f"{old!r} does not stand in the valid configuration once"
        return report(VALID.replace(old, new))

    return say


@pytest.fixture
def valid() -> str:
    """The text itself."""
    return VALID


@pytest.fixture
def data() -> Path:
    """The folder of example files."""
    return DATA
