"""`python -m sandbox demo` tells a story and measures it; `python -m sandbox up` keeps the house open for people."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, get_args

from sandbox import builds, demo
from sandbox.estate.traffic import Strategy
from sandbox.house import House
from sandbox.stories import IN_PLACE

FOLDER = Path("build/sandbox").resolve()


def main() -> int:
    """Run one command; the exit code is 0 only where the story ended as its name says."""
    options = _options()
    started = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {line}", flush=True)

    if options.command == "demo":
        return demo.run(options.story, FOLDER, **_size(options), tell=tell)
    with House(FOLDER, **_size(options), tell=tell) as house:
        _keep_open(house)
    return 0


def _keep_open(house: House) -> None:
    """Builds to deploy, a build server for more, readers of the website as soon as there is one, and where there is git
    a repository from which the service updates itself."""
    builder = builds.of_house(house, first=int(demo.NEW))
    for build in builder.values():
        build()
    with builds.serving(house.folder, builder):
        print(f"\nThe page: {house.page}", flush=True)
        if shutil.which("git"):
            print(f"The bot's own sources, a push there updates it: {house.repository.checkout}", flush=True)
        print("End with Ctrl-C.\n", flush=True)
        house.website.read_when_shown(_interrupted())


def _size(options: argparse.Namespace) -> dict[str, Any]:
    return {"hosts": options.hosts, "devices": options.devices, "switch": options.switch}


def _interrupted() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    told = commands.add_parser("demo", help="tell a story and measure it")
    told.add_argument("--story", choices=[*demo.TOLD, IN_PLACE], default="deploy")
    commands.add_parser("up", help="keep the sandbox up")
    for command in commands.choices.values():
        command.add_argument("--hosts", type=int, default=3, help="control hosts (%(default)s)")
        command.add_argument("--devices", type=int, default=300, help="simulated cameras (%(default)s)")
        command.add_argument(
            "--switch", choices=get_args(Strategy), default="weighted", help="how traffic moves (%(default)s)"
        )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
