"""ministack, the second emulator: one process on a free loopback port, with a folder of its own, always ended."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(".venv-ministack/bin/ministack").absolute()
READY_SECONDS = 30


@dataclass(frozen=True, eq=False)
class Ministack:
    """A running emulator."""

    port: int
    log: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program of ours talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def client(self, service: str) -> Any:
        session: Any = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )
        return session.client(service, endpoint_url=self.endpoint)


@contextmanager
def running(folder: Path) -> Iterator[Ministack]:
    """Start it; what it writes stays in `folder`."""
    assert PROGRAM.exists(), f"the second emulator is not installed: make {PROGRAM.relative_to(Path.cwd())}"
    emulator = Ministack(_free_port(), folder / "ministack.log")
    private = {name: str(folder) for name in ("TMPDIR", "HOME", "STATE_DIR", "S3_DATA_DIR")}
    environment = {
        "PATH": os.environ["PATH"],
        "GATEWAY_PORT": str(emulator.port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",  # functions may do what their roles allow and nothing else
        "LOG_LEVEL": "WARNING",
        "SFN_WAIT_SCALE": "0",  # retries and waits of state machines take no time
        **private,
        **emulator.environment,  # its function workers inherit this
    }
    with emulator.log.open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM)], env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(process, emulator)
        yield emulator
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], emulator: Ministack) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ministack ended at once: {emulator.log.read_text()}"
        try:
            with urlopen(f"{emulator.endpoint}/_ministack/ready", timeout=2) as reply:  # noqa: S310 # loopback
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"ministack was not ready after {READY_SECONDS} seconds")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
