"""Each class of error: found, placed to the line and column, and said so that one knows what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.check import check

Broken = Callable[[str, str], list[str]]
Report = Callable[[str], list[str]]

SCHEMA_ERRORS = {
    "a misspelt key suggests the nearest": (
        "    checks: [connects]",
        "    cheks: [connects]",
        'f:13:5: services.cameras.cheks: the key "cheks" is not known here; did you mean "checks"?',
    ),
    "a key like no other lists what is known": (
        "bake: {time: 30s}",
        "bake: {time: 30s, zzz: 1}",
        (
            'f:25:27: services.cameras.environments.production.bake.zzz: the key "zzz" is not known here; '
            "known here: time, alarms"
        ),
    ),
    "a missing key": (
        "workspace: T0SANDBOX\n",
        "",
        "f:1:1: (document): `workspace` is missing; add `workspace:`",
    ),
    "a missing key deep down stands at its parent": (
        "            listener: 9000\n",
        "",
        (
            "f:20:13: services.cameras.environments.production.traffic[0]: `listener` is missing; add "
            "`listener:`"
        ),
    ),
    "a wrong type": (
        "listener: 9000",
        'listener: "9000"',
        (
            'f:22:23: services.cameras.environments.production.traffic[0].listener: "9000" must be '
            "a whole number; "
            "The listener's port."
        ),
    ),
    "an empty value": (
        "channel: C0DEPLOYS",
        "channel:",
        (
            "f:2:9: channel: nothing stands here; it must be text; Slack's id of the channel (not "
            "its #name): `C`, then "
            "capital letters and digits"
        ),
    ),
    "a word that is no choice": (
        "switch: weighted",
        "switch: wieghted",
        (
            'f:18:17: services.cameras.environments.production.switch: "wieghted" is not one of '
            "weighted, targets, dns; "
            'did you mean "weighted"?'
        ),
    ),
    "a display name as a person": (
        "deployer: [U0DEPLOYER]",
        "deployer: [U0DEPLOYER, anna]",
        (
            'f:5:26: people.deployer[1]: "anna" is not a valid Slack user id; Slack\'s member id '
            "(not a name): `U` or `W`, "
            "then capital letters and digits"
        ),
    ),
    "everybody as approver": (
        "approver: [U0APPROVER]",
        'approver: [U0APPROVER, "*"]',
        (
            'f:6:26: people.approver[1]: "*" is not a valid Slack user id; Slack\'s member id (not '
            "a name): `U` or `W`, "
            "then capital letters and digits"
        ),
    ),
    "a channel by its name": (
        "channel: C0DEPLOYS",
        'channel: "#deploys"',
        (
            'f:2:10: channel: "#deploys" is not a valid Slack channel id; Slack\'s id of the '
            "channel (not its #name): `C`, "
            "then capital letters and digits"
        ),
    ),
    "a name that nobody could type": (
        "      production:",
        "      Production:",
        (
            'f:17:7: services.cameras.environments.Production: "Production" is not a valid name; '
            "small letters, digits and "
            "dashes, a letter first, 32 at most"
        ),
    ),
    "something that is no duration": (
        "ask: 5m",
        "ask: 5 minutes",
        (
            'f:24:25: services.cameras.environments.production.timeouts.ask: "5 minutes" is not a '
            "valid duration; write it "
            "like 90s, 5m, 2h, 1d, or in whole seconds"
        ),
    ),
    "a number below its least": (
        "batch: 25",
        "batch: 0",
        (
            "f:14:20: services.cameras.drain.batch: 0 is less than 1; Clients of one host that are "
            "asked at a time."
        ),
    ),
    "YAML 1.1's yes is text": (
        "switch: weighted",
        "protected: yes",
        (
            'f:18:20: services.cameras.environments.production.protected: "yes" must be true or '
            "false; Whether a second "
            "person confirms before anything happens."
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), SCHEMA_ERRORS.values(), ids=list(SCHEMA_ERRORS))
def test_schema_errors_are_placed_and_said(broken: Broken, old: str, new: str, expected: str) -> None:
    """What the schema forbids is one finding at the exact place, with what to do."""
    assert broken(old, new) == [expected]


MEANING_ERRORS = {
    "a service that is not there": (
        "services: [cameras]}",
        "services: [camera]}",
        'f:8:24: ci.jenkins.services[0]: there is no service "camera"; did you mean "cameras"?',
    ),
    "a role that is not there": (
        "role: control",
        "role: contol",
        'f:20:19: {production}.traffic[0].role: the service has no role "contol"; did you mean "control"?',
    ),
    "one target group for weighted": (
        "target_groups: [cameras-blue, cameras-green]",
        "target_group: cameras-blue",
        (
            "f:23:13: {production}.traffic[0].target_group: the strategy weighted needs 2 target "
            "groups, not 1; write "
            "`target_groups: [NAME, NAME]`"
        ),
    ),
    "two target groups for targets": (
        "switch: weighted",
        "switch: targets",
        (
            "f:23:13: {production}.traffic[0].target_groups: the strategy targets needs 1 target "
            "group, not 2; write "
            "`target_group: NAME`"
        ),
    ),
    "no load balancer": (
        "            load_balancer: cameras\n",
        "",
        (
            "f:20:13: {production}.traffic[0]: the strategy weighted needs 1 load balancer, not 0; write "
            "`load_balancer: NAME`"
        ),
    ),
    "both the short and the long form": (
        "load_balancer: cameras",
        "load_balancer: cameras\n            load_balancers: [cameras]",
        (
            "f:21:13: {production}.traffic[0].load_balancer: `load_balancer` and `load_balancers` "
            "both stand here; keep "
            "one of them"
        ),
    ),
    "a record without dns": (
        "listener: 9000",
        "listener: 9000\n            record: a.example.test",
        (
            "f:23:13: {production}.traffic[0].record: the strategy weighted has no record; remove it, "
            "or set `switch: dns`"
        ),
    ),
    "a question open too long": (
        "ask: 5m",
        "ask: 61m",
        'f:24:25: {production}.timeouts.ask: "61m" is too long; anything from 1s to 1h',
    ),
    "a wait of nothing": (
        "ask: 5m",
        "ask: 0",
        "f:24:25: {production}.timeouts.ask: 0 is too short; anything from 1s to 1h",
    ),
    "keeping longer than the most": (
        "keep_old: 2h",
        "keep_old: 2h, most_keep_old: 3600",
        (
            "f:24:39: {production}.timeouts.keep_old: keep_old (2h) is longer than most_keep_old (1h); raise "
            "most_keep_old or shorten keep_old"
        ),
    ),
    "nobody else who may confirm": (
        "approver: [U0APPROVER]",
        "approver: [U0DEPLOYER]",
        (
            "f:17:7: {production}: production is protected, but there are no two people of whom one "
            "may ask and another "
            "confirm; name a second person as approver or admin, or set `protected: false`"
        ),
    ),
    "a folder without a playbook": (
        "ansible: ansible",
        "ansible: nowhere",
        (
            'f:12:14: services.cameras.ansible: there is no file site.yml in "nowhere"; name the folder '
            "that holds it"
        ),
    ),
}
PRODUCTION = "services.cameras.environments.production"


@pytest.mark.parametrize(("old", "new", "expected"), MEANING_ERRORS.values(), ids=list(MEANING_ERRORS))
def test_errors_of_meaning_are_placed_and_said(broken: Broken, old: str, new: str, expected: str) -> None:
    """What does not fit together is one finding at the exact place, with what to do."""
    assert broken(old, new) == [expected.replace("{production}", PRODUCTION)]


@pytest.mark.parametrize("people", ["", "  admin: []\n"])
def test_there_is_an_admin(broken: Broken, people: str) -> None:
    """Without one nobody could ever grant a role in chat."""
    (said,) = broken("  admin: [U0DEPLOYER]\n", people)
    assert "admin" in said


def test_one_admin_and_one_deployer_suffice(report: Report, valid: str) -> None:
    """An admin may confirm, so that a deployer and an admin are the two pairs of eyes."""
    text = valid.replace("  approver: [U0APPROVER]\n", "").replace("admin: [U0DEPLOYER]", "admin: [U0LEAD]")
    assert report(text) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{finish: 1, rollback: 1}", []),
        ("{finish: 2}", ["2 people can not confirm: beside the one who asks there is one approver or admin"]),
        ("{start: 1, risky: 1}", ["2 people can not confirm"]),
        ("{rollback: 1, risky: 1}", []),
        ("{start: 0}", ["start"]),
        ("{start: 6}", ["start", "6 people can not confirm"]),
        ("{deploy: 1}", ["deploy"]),
    ],
)
def test_no_more_people_confirm_than_there_are(broken: Broken, given: str, expected: list[str]) -> None:
    """Beside the one who asks; `risky` adds to the start and the switch."""
    said = broken("        bake: {time: 30s}", f"        approvals: {given}\n        bake: {{time: 30s}}")
    assert len(said) == len(expected)
    assert all(part in found for part, found in zip(expected, said, strict=True))


def test_an_unprotected_environment_needs_one_person(broken: Broken) -> None:
    """Where nothing is confirmed, one deployer is enough."""
    assert broken("  approver: [U0APPROVER]\n", "") != []
    assert broken("        switch: weighted", "        protected: false\n        switch: weighted") == []


def test_environments_share_no_listener_and_no_target_group(report: Report, valid: str) -> None:
    """A second environment behind the same listener would be switched with the first."""
    again = valid[valid.index("        switch:") :]
    said = report(f"{valid}      staging:\n{again}")
    assert [each.split(": ")[:3] for each in said] == [
        ["f:30:28", f"{PRODUCTION.replace('production', 'staging')}.traffic[0].load_balancer",
         ('the listener 9000 of "cameras" is used in line 21 already; each way in of each '
         'environment needs its own')],
        ["f:32:29", f"{PRODUCTION.replace('production', 'staging')}.traffic[0].target_groups[0]",
         ('the target group "cameras-blue" is used in line 23 already; each way in of each '
         'environment needs its own')],
        ["f:32:43", f"{PRODUCTION.replace('production', 'staging')}.traffic[0].target_groups[1]",
         ('the target group "cameras-green" is used in line 23 already; each way in of each '
         'environment needs its own')],
    ]  # fmt: skip


def test_no_two_environments_name_their_deployments_alike(report: Report, valid: str) -> None:
    """An execution of the one would be taken for the other's, which would then never start."""
    service = valid[valid.index("  cameras:\n") :]
    first = service.replace("      production:", "      eu-west:")
    second = service.replace("  cameras:\n", "  cameras-eu:\n").replace("      production:", "      west:")
    second = second.replace("load_balancer: cameras", "load_balancer: eu").replace("[cameras-", "[eu-")
    second = second.replace(" cameras-green]", " eu-green]")
    (said,) = report(valid[: valid.index("  cameras:\n")] + first + second)
    assert "services.cameras-eu.environments.west" in said
    assert "cameras-eu-west-1" in said


def test_watching_for_longer_than_the_machine_looks_is_refused(broken: Broken) -> None:
    """After an hour the machine has looked as often as it does."""
    (said,) = broken("bake: {time: 30s}", "bake: {time: 2h}")
    assert '"2h" is too long; anything from 0s to 1h' in said


def test_dns_needs_a_zone_and_a_record_in_it(data: Path, report: Report) -> None:
    """Both are asked for, and a record of another zone is refused."""
    text = (data / "field.yaml").read_text()
    said = report(text.replace("            zone: example.test\n", ""))
    assert [each.split(": ", 2)[2] for each in said] == ["the strategy dns needs a zone; add `zone: NAME`"]
    (said_of_other,) = report(text.replace("zone: example.test", "zone: example.org"))
    assert '"cameras.example.test" is not in the zone "example.org"' in said_of_other
    assert report(text.replace("zone: example.test", "zone: Z0123456789ABC")) == []


def test_everything_at_once_in_the_order_of_the_file(report: Report, valid: str) -> None:
    """A person corrects a file once, not once for each error."""
    text = (
        valid.replace("T0SANDBOX", "sandbox").replace("ask: 5m", "ask: soon").replace("batch: 25", "batch: x")
    )
    lines = [int(each.split(":")[1]) for each in report(text)]
    assert lines == [1, 14, 24]


@pytest.mark.parametrize("name", ["lab", "field"])
def test_the_examples_of_the_other_strategies_are_valid(data: Path, name: str) -> None:
    """`targets` and `dns` can be configured."""
    assert check((data / f"{name}.yaml").read_bytes(), data).findings == ()


def test_roles_may_be_a_mapping(broken: Broken) -> None:
    """`control: {}` is a role as `- control` is."""
    assert broken("roles: [control, recorder]", "roles: {control: {}, recorder: }") == []
