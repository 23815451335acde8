"""Records for tests, each with what a test does not care about filled in."""

from dataclasses import replace
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.deployment import Deployment, Phase, State
from chalicelib.domain.people import Actor, ci
from chalicelib.domain.plan import Host, HostState, Instance, LaunchSpec, Plan, Route, mirror
from chalicelib.domain.settings import EnvironmentSettings, Team

WORKSPACE = "T0TEST"
DEPLOYER = Actor(WORKSPACE, "U0DEPLOYER")
APPROVER = Actor(WORKSPACE, "U0APPROVER")
LEAD = Actor(WORKSPACE, "U0LEAD")
GUEST = Actor(WORKSPACE, "U0GUEST")
NOW = 1_790_000_000.0
SHA = "ab" * 32


def raw_config(**environment: Any) -> dict[str, Any]:
    """A published configuration: service `cameras`, environments `production` (protected) and `staging`."""
    production = {
        "protected": True,
        "channel": "C0DEPLOYS",
        "switch": "weighted",
        "traffic": [
            {
                "role": "control",
                "load_balancers": ["cameras"],
                "listener": 9000,
                "target_groups": ["cameras-blue", "cameras-green"],
            }
        ],
        "timeouts": {"ask": 300, "ready": 86_400, "keep_old": 7_200, "build": 1_800, "most_keep_old": 28_800},
        "bake": {"time": 60, "alarms": []},
        "old_fleet": "terminate",
        "mixed_images": "refuse",
        **environment,
    }
    return {
        "workspace": WORKSPACE,
        "channel": "C0DEPLOYS",
        "people": {
            "deployer": [DEPLOYER.user, LEAD.user],
            "approver": [APPROVER.user, LEAD.user],
            "viewer": ["*"],
        },
        "ci": {"jenkins": {"services": ["cameras"]}},
        "services": {
            "cameras": {
                "roles": ["control", "recorder"],
                "checks": ["connects"],
                "drain": {"batch": 25, "pause": 1, "hosts": 1},
                "bundle": {"url": "https://a.s3.us-east-1.amazonaws.com/ansible/x.tar.gz", "sha256": SHA},
                "prices": {"t3.small": 0.02, "t3.micro": 0.01},
                "environments": {"production": production, "staging": {**production, "protected": False}},
            }
        },
    }


def team(**environment: Any) -> Team:
    """The configuration as published under version 1."""
    return Team(1, raw_config(**environment))


def settings(name: str = "production", **environment: Any) -> EnvironmentSettings:
    """The settings of one environment of `cameras`."""
    return team(**environment).environment("cameras", name)


def spec(**changes: Any) -> LaunchSpec:
    """What makes instances alike."""
    made = LaunchSpec("t3.small", "ami-1", "subnet-1", ("sg-1",), "arn:aws:iam::1:instance-profile/host")
    return replace(made, **changes)


def instance(number: int, role: str = "control", **changes: Any) -> Instance:
    """A live, running instance."""
    made = Instance(f"i-{number:03}", role, spec(), f"10.0.0.{number}", HostState.LIVE, "running")
    return replace(made, **changes)


def live_fleet() -> list[Instance]:
    """Three control hosts and two recorders."""
    controls = [instance(number) for number in (1, 2, 3)]
    return [
        *controls,
        *(instance(number, "recorder", spec=spec(instance_type="t3.micro")) for number in (4, 5)),
    ]


def route(**changes: Any) -> Route:
    """The weighted way in for `control`."""
    return replace(Route("control", "weighted", "arn:listener", "arn:blue", "arn:green"), **changes)


def plan(**changes: Any) -> Plan:
    """The mirror of the live fleet."""
    made = mirror(settings(), live_fleet(), [route()], version="142", sha256=SHA, old_version="141")
    return replace(made, **changes)


def deployment(state: State = State.ACCEPTED, **changes: Any) -> Deployment:
    """A deployment of cameras@142 to production in a state."""
    made = Deployment(
        service="cameras",
        environment="production",
        id="cameras-production-1",
        version="142",
        requester=DEPLOYER,
        requested_at=NOW,
        config_version=1,
        fence=1,
        state=state,
        phases=(Phase(State.ACCEPTED, NOW),),
        channel="C0DEPLOYS",
    )
    return replace(made, **changes)


def question(kind: Kind = Kind.START, **changes: Any) -> Question:
    """An open question of that deployment, with five minutes to answer."""
    made = Question(
        code="K7Q2F",
        kind=kind,
        service="cameras",
        environment="production",
        deployment="cameras-production-1",
        requester=DEPLOYER,
        asked_at=NOW,
        deadline=NOW + 300,
        digest=plan().digest,
        token="task-token",
    )
    return replace(made, **changes)


def build(version: str = "142", status: BuildStatus = BuildStatus.PASSED, **changes: Any) -> Build:
    """A build that CI reported."""
    made = Build(
        service="cameras",
        version=version,
        status=status,
        reported_by=ci("jenkins"),
        reported_at=NOW,
        commit="0123456789abcdef",
        author="build-server",
        artifact=f"https://a.s3.us-east-1.amazonaws.com/cameras/cameras-{version}.tar.gz",
        sha256=SHA,
    )
    return replace(made, **changes)


def hosts(*ids: str, role: str = "control") -> tuple[Host, ...]:
    """Hosts as a record remembers them."""
    return tuple(Host(each, role, f"10.0.1.{number}") for number, each in enumerate(ids, 1))
