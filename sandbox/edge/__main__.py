"""Serve the edge: `python -m sandbox.edge --folder build/sandbox --aws-endpoint URL --site ID:bucket:staging:copy`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from sandbox.clock import VirtualClock
from sandbox.edge.server import DELAYS, Edge, Site
from sandbox.front import endpoints


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_serve(_options()))


async def _serve(given: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sites = [_site(each, given.delay) for each in given.site]
    now = VirtualClock(given.folder / "clock").now
    async with Edge(sites, given.aws_endpoint, now, given.api_port) as edge:
        endpoints.add(given.folder, cloudfront=edge.api_url, sites=json.dumps(edge.urls))
        print(f"cloudfront {edge.api_url}", flush=True)
        await stopped.wait()


def _site(text: str, delay: float) -> Site:
    number, bucket, environment, mode = text.split(":")
    return Site(number, bucket, environment, mode == "pointer", (0.0, delay))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.edge", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the sandbox's work folder")
    parser.add_argument("--aws-endpoint", required=True, help="where the bucket is")
    parser.add_argument("--api-port", type=int, default=0, help="of CloudFront's API; 0: any free port")
    parser.add_argument("--site", action="append", default=[], help="ID:BUCKET:ENVIRONMENT:copy|pointer")
    parser.add_argument(
        "--delay", type=float, default=DELAYS[1], help="seconds until the last location hears"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
