"""Start the platform: `python -m sandbox.platform --folder build/sandbox --port 4566`.

Prints one line of JSON, {"aws": "http://127.0.0.1:4566"}, when it listens, and runs until SIGTERM, SIGINT or
the end of the process that started it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from sandbox.platform.core import HOST, SandboxPlatform
from sandbox.platform.estate import connect
from sandbox.platform.settings import Settings

PARENT_SECONDS = 1.0  # how often to look whether the parent is still there


def main() -> None:
    """Run the platform in the foreground."""
    options = _options()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("MOTO_PORT", str(options.port))
    settings = Settings(
        network=options.network,
        boot_seconds=options.boot_seconds,
        stop_seconds=options.stop_seconds,
        at_a_time=options.at_a_time,
    )
    platform = SandboxPlatform(
        folder=folder, port=options.port, settings=settings, estate=connect(options.balancer)
    )
    platform.install()
    server = threading.Thread(target=platform.serve, daemon=True)
    server.start()
    print(json.dumps({"aws": f"http://{HOST}:{options.port}"}), flush=True)
    _wait_for_the_end()
    platform.close()
    os._exit(0)  # tearing moto down object by object takes seconds


def _wait_for_the_end() -> None:
    """Return at a signal to end, or when the process that started this one is gone."""
    parent = os.getppid()
    while signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, PARENT_SECONDS) is None:
        if os.getppid() != parent:
            return


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.platform", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, required=True, help="work folder: clock, logs, hosts, functions"
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--balancer", default="", help="control address of the balancer; none: nothing behind EC2 and ELB"
    )
    parser.add_argument("--network", default=Settings.network, help="first two numbers of loopback addresses")
    parser.add_argument("--boot-seconds", type=float, default=Settings.boot_seconds)
    parser.add_argument("--stop-seconds", type=float, default=Settings.stop_seconds)
    parser.add_argument("--at-a-time", type=int, default=Settings.at_a_time, help="functions running at once")
    return parser.parse_args()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
