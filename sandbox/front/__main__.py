"""Serve the front: `python -m sandbox.front --folder build/sandbox --aws-endpoint http://127.0.0.1:4566`."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from sandbox.front import endpoints, workspace
from sandbox.front.acting import ACKNOWLEDGE_SECONDS
from sandbox.front.server import Front, Settings


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_serve(_settings()))


async def _serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Front(settings) as front:
        endpoints.add(settings.folder, api=front.api_url, page=front.page_url)
        print(f"page {front.page_url}\napi  {front.api_url}", flush=True)
        await stopped.wait()


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m sandbox.front", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("build/sandbox"), help="the sandbox's work folder"
    )
    parser.add_argument("--package", type=Path, default=Path("build/package"), help="where sam.json is")
    parser.add_argument("--aws-endpoint", required=True, help="the platform's AWS endpoint")
    parser.add_argument("--function", default="APIHandler", help="the function behind the API")
    parser.add_argument("--api-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--page-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--app-url", default="", help="where commands go, if not to this process's own API")
    parser.add_argument("--signing-secret", default=workspace.SIGNING_SECRET)
    parser.add_argument("--bot-token", default=workspace.BOT_TOKEN)
    parser.add_argument("--acknowledge-seconds", type=float, default=ACKNOWLEDGE_SECONDS)
    parser.add_argument("--channels", type=int, default=0, help="further channels")
    options = vars(parser.parse_args())
    workspace.open_channels(options.pop("channels"))
    return Settings(**options)


if __name__ == "__main__":
    main()
