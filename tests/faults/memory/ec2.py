"""EC2 in memory: instances that take time to start and to end, and launches that are idempotent by their client token.

Facts: EC2 API reference, RunInstances ("Ensuring idempotency": the same token and parameters, the same instances),
TerminateInstances, CreateTags (all or none; InvalidInstanceID.NotFound), DescribeInstances (filters).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.memory.boto import Refusal

STARTS, STOPS = 4.0, 4.0
"""Seconds that an instance is pending, and shutting down or stopping."""


@dataclass(slots=True)
class MemoryInstance:
    """One instance; `ended` is when it was told to end, as `ending` says how."""

    id: str
    request: Mapping[str, Any]
    tags: dict[str, str]
    started: float
    address: str
    ended: float = 0.0
    ending: str = ""

    def status(self, now: float) -> str:
        """EC2's own word."""
        if self.ending == "terminated":
            return "terminated" if now >= self.ended + STOPS else "shutting-down"
        if self.ending == "stopped":
            return "stopped" if now >= self.ended + STOPS else "stopping"
        return "running" if now >= self.started + STARTS else "pending"

    def there(self, now: float) -> bool:
        """Whether it is neither terminated nor about to be."""
        return self.status(now) not in {"terminated", "shutting-down"}

    def tag(self, name: str) -> str:
        """A tag of ours."""
        return self.tags.get(f"pointsman:{name}", "")


@dataclass(slots=True)
class MemoryEc2:
    """`before_ending` is told which instances are about to end, `gone` are subnets and images that are not there."""

    now: Callable[[], float]
    instances: dict[str, MemoryInstance] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    capacity: int = 1_000
    before_ending: Callable[[Iterable[MemoryInstance]], None] = lambda _: None
    _tokens: dict[str, tuple[Mapping[str, Any], list[str]]] = field(default_factory=dict)

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeInstances": self._describe,
            "RunInstances": self._run,
            "CreateTags": self._tag,
            "TerminateInstances": lambda each: self._end(each, "terminated", "TerminatingInstances"),
            "StopInstances": lambda each: self._end(each, "stopped", "StoppingInstances"),
        }
        if operation not in handlers:
            raise Refusal("InvalidAction", f"{operation} is not in memory")
        return handlers[operation](given)

    def _describe(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = [each for each in self.instances.values() if self._matches(each, given.get("Filters", ()))]
        return {"Reservations": [{"Instances": [self._shown(each) for each in found]}] if found else []}

    def _matches(self, instance: MemoryInstance, filters: Iterable[Mapping[str, Any]]) -> bool:
        def of(name: str) -> str:
            if name.startswith("tag:"):
                return instance.tags.get(name.removeprefix("tag:"), "")
            return {"instance-id": instance.id, "instance-state-name": instance.status(self.now())}[name]

        return all(of(each["Name"]) in each["Values"] for each in filters)

    def _shown(self, instance: MemoryInstance) -> dict[str, Any]:
        request = instance.request
        profile = request.get("IamInstanceProfile", {})
        return {
            "InstanceId": instance.id,
            "ImageId": request["ImageId"],
            "InstanceType": request["InstanceType"],
            "SubnetId": request.get("SubnetId", ""),
            "SecurityGroups": [{"GroupId": each} for each in request.get("SecurityGroupIds", ())],
            **({"IamInstanceProfile": {"Arn": profile["Arn"]}} if "Arn" in profile else {}),
            **({"KeyName": request["KeyName"]} if "KeyName" in request else {}),
            "PrivateIpAddress": instance.address,
            "State": {"Name": instance.status(self.now())},
            "Tags": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
        }

    def _run(self, given: Mapping[str, Any]) -> dict[str, Any]:
        token = given.get("ClientToken", "")
        if token in self._tokens:
            before, ids = self._tokens[token]
            if before != given:
                raise Refusal("IdempotentParameterMismatch", "another request had this token")
            return {"Instances": [self._shown(self.instances[id_]) for id_ in ids]}
        if given.get("SubnetId") in self.gone:
            raise Refusal("InvalidSubnetID.NotFound", given["SubnetId"])
        count = given["MaxCount"]
        if count > self.capacity:
            raise Refusal("InsufficientInstanceCapacity", "there is none of this type")
        tags = next(each["Tags"] for each in given["TagSpecifications"] if each["ResourceType"] == "instance")
        made = [self._made(given, {tag["Key"]: tag["Value"] for tag in tags}) for _ in range(count)]
        if token:
            self._tokens[token] = (given, [each.id for each in made])
        return {"Instances": [self._shown(each) for each in made]}

    def _made(self, given: Mapping[str, Any], tags: dict[str, str]) -> MemoryInstance:
        number = len(self.instances) + 1
        made = MemoryInstance(
            f"i-{number:017x}", given, tags, self.now(), f"10.0.{number // 250}.{number % 250 + 1}"
        )
        self.instances[made.id] = made
        return made

    def _chosen(self, ids: Iterable[str]) -> list[MemoryInstance]:
        missing = [id_ for id_ in ids if id_ not in self.instances]
        if missing:
            raise Refusal("InvalidInstanceID.NotFound", ", ".join(missing))
        return [self.instances[id_] for id_ in ids]

    def _tag(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for instance in self._chosen(given["Resources"]):
            instance.tags |= {tag["Key"]: tag["Value"] for tag in given["Tags"]}
        return {}

    def _end(self, given: Mapping[str, Any], ending: str, name: str) -> dict[str, Any]:
        chosen = self._chosen(given["InstanceIds"])
        running = [each for each in chosen if each.there(self.now()) and each.ending != ending]
        self.before_ending(running)
        for instance in running:
            instance.ending, instance.ended = ending, self.now()
        return {name: [{"InstanceId": each.id} for each in chosen]}
