"""The sandbox's platform as a process of its own, for what moto alone gets wrong: client tokens and draining."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = ("--boot-seconds", "0", "--stop-seconds", "0")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start it with nothing behind EC2 and ELB; yields its endpoint, which it prints once it listens."""
    port = str(_free_port())
    command = [sys.executable, "-m", "sandbox.platform", "--folder", str(folder), "--port", port, *FAST]
    with (
        (folder / "platform.log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            endpoint = str(json.loads(process.stdout.readline())["aws"])
            _until_listening(int(port))
            yield endpoint
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until_listening(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
        except OSError:
            continue
        return
    raise TimeoutError(f"nothing listens on port {port}")
