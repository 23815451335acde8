"""The platform process put together: moto, the rules it lacks, workers, streams and the estate behind them."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from sandbox.clock import VirtualClock
from sandbox.pipeline import codebuild
from sandbox.platform import attributes, ec2, elbv2, events, lambda_, lookups, queues, stepfunctions, tables
from sandbox.platform.control import Control, compose
from sandbox.platform.counting import CallCounter
from sandbox.platform.estate import NoEstate
from sandbox.platform.pool import WorkerPool
from sandbox.platform.queues import QueuePoller
from sandbox.platform.schedules import Scheduler
from sandbox.platform.streams import StreamPoller
from sandbox.platform.trouble import Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.estate.nodes import Nodes
    from sandbox.platform.estate_port import Estate, Instance
    from sandbox.platform.settings import Settings

HOST = "127.0.0.1"
CLOSING_THREADS = 8


class QuietHandler(MotoRequestHandler):
    """Writes no line for each request: there are thousands, and some carry tokens in their path."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class SandboxPlatform:
    """Everything of one process. Installing changes moto's classes, so there is one in a process."""

    def __init__(self, *, folder: Path, port: int, settings: Settings, estate: Estate) -> None:
        clock_file = folder / "clock"
        self.clock = VirtualClock(clock_file) if clock_file.exists() else VirtualClock.create(clock_file)
        self.folder = folder
        self.account, self.region = settings.account, settings.region
        self.endpoint = f"http://{HOST}:{port}"
        self.estate = estate
        self._pool = WorkerPool(clock_file=clock_file, logs=folder / "logs", limit=settings.at_a_time)
        self.figures = self._pool.figures
        self.fleet = ec2.Fleet(settings=settings, folder=folder, estate=estate)
        self.traffic = elbv2.Traffic(settings=settings, estate=estate)
        self.functions = lambda_.Functions(
            account=settings.account,
            region=settings.region,
            endpoint=self.endpoint,
            folder=folder,
            pool=self._pool,
            clock=self.clock,
        )
        self._poller = StreamPoller(settings=settings, clock=self.clock, invoke=self.functions.invoke)
        self._queues = QueuePoller(settings=settings, invoke=self.functions.invoke)
        self.bus = events.EventBus(settings=settings, clock=self.clock, invoke=self.functions.invoke_later)
        self.builds = codebuild.CodeBuild(self)
        self._scheduler = Scheduler(settings=settings, clock=self.clock, invoke=self.functions.invoke)
        counter, trouble = CallCounter(), Trouble(self.functions.names, self._pool.kill_busy)
        application = compose(
            Control(self, counter, trouble), counter, trouble, DomainDispatcherApplication(create_backend_app)
        )
        self._server = make_server(HOST, port, application, threaded=True, request_handler=QuietHandler)

    def instances(self) -> list[Instance]:
        """Every instance that EC2 knows, terminated ones included."""
        return self.fleet.instances()

    def install(self) -> None:
        """Change moto into this platform; the SSM stand-in joins where it exists."""
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        default_user_config["lambda"] = {"use_docker": False}
        logging.getLogger("moto.stepfunctions").setLevel(
            logging.CRITICAL
        )  # its lines show inputs, tokens too
        stepfunctions.install(self.clock)
        tables.install()
        lookups.install()
        attributes.install()
        lambda_.install(self.functions)
        queues.install(self.clock)
        events.install(self.bus)
        codebuild.install(self.builds)
        ec2.install(self.fleet)
        elbv2.install(self.traffic)
        if importlib.util.find_spec("sandbox.estate") and importlib.util.find_spec("sandbox.estate.ssm"):
            importlib.import_module("sandbox.estate.ssm").install(self, _imaginary(self.estate))

    def serve(self) -> None:
        """Answer requests until `close`."""
        threading.Thread(target=self._poller.run, daemon=True).start()
        threading.Thread(target=self._queues.run, daemon=True).start()
        threading.Thread(target=self._scheduler.run, daemon=True).start()
        self._server.serve_forever()

    def close(self) -> None:
        """End the workers and every host."""
        self._server.shutdown()
        self._pool.close()
        with ThreadPoolExecutor(CLOSING_THREADS) as threads:
            list(threads.map(self.estate.stop_host, [instance.instance_id for instance in self.instances()]))


def _imaginary(estate: Estate) -> Nodes | None:
    """Where there are no hosts, SSM imagines them too."""
    if not isinstance(estate, NoEstate):
        return None
    nodes: Nodes = importlib.import_module("sandbox.estate.nodes").ImaginaryNodes(estate)
    return nodes
