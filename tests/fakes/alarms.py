"""Fake of the port Alarms over the shared cloud."""

from collections.abc import Sequence

from tests.fakes.cloud import Cloud
from tests.fakes.recorder import Recorder


class FakeAlarms(Recorder):
    """Alarms as the cloud holds them, by name."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def firing(self, names: Sequence[str]) -> list[str]:
        """In ALARM or missing."""
        with self._call("firing", names=tuple(names)):
            return [name for name in names if self._cloud.alarms.get(name, "ALARM") == "ALARM"]
