"""The real app.py behind HTTP: `python -m tests.ingress.edge_process PORT`, until its standard input closes.

In a process of its own because the product reads its environment and makes its clients once, and because all that it
prints is then its log.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web

from app import app
from sandbox.front.gateway import Gateway
from sandbox.front.routes import Api, api_of


def api() -> Api:
    """What the packaged template would declare."""
    paths: dict[str, Any] = {
        path: {method.lower(): {} for method in methods} for path, methods in app.routes.items()
    }
    return api_of({"Resources": {"RestAPI": {"Properties": {"DefinitionBody": {"paths": paths}}}}})


def invoke(event: dict[str, Any], /) -> Any:
    """One synchronous invocation."""
    return app(event, None)


async def serve(port: int) -> None:
    """Serve on loopback."""
    runner = web.AppRunner(Gateway(api, invoke).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
