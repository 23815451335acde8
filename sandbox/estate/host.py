"""One simulated EC2 instance: a small init that keeps services running and runs commands for the SSM agent.

    python -S -E -m sandbox.estate.host FOLDER ADDRESS

It listens on FOLDER/run/init.sock: one JSON request a connection, one JSON reply. It ends everything below it when
it is told to stop (SIGTERM) and when the process that started it ends. Only standard library, for a quick start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from sandbox.estate.processes import (
    adopt_orphans,
    die_with_parent,
    kill_descendants,
    until_orphaned,
)
from sandbox.estate.units import Service, parse_unit

SOCKET = "run/init.sock"
UNITS = "etc/systemd/system"
ENABLED = f"{UNITS}/multi-user.target.wants"
LARGEST = 1 << 20
_COMMAND_NICENESS = 10
MOST_OUTPUT = 100_000
"""More than SSM ever shows (24,000 characters, SSM API reference, GetCommandInvocation)."""


class Host:
    """The services of one instance, and the environment in which everything on it runs."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._services: dict[str, Service] = {}

    async def boot(self) -> None:
        """Start what is enabled, as after a stop and start of the instance."""
        for link in sorted((self._folder / ENABLED).glob("*.service")):
            await self._service(link.stem).start()

    async def shut_down(self) -> None:
        """Stop every service, all at once."""
        await asyncio.gather(*(service.stop() for service in self._services.values()))

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what one request asks."""
        match asked.get("do"):
            case "ping":
                return {"ok": True}
            case "run":
                return await self._run(asked["argv"], asked["folder"], float(asked["timeout"]))
            case "systemctl":
                return await self._systemctl(asked["arguments"])
        return {"ok": False, "error": f"unknown request {asked.get('do')!r}"}

    async def _run(self, argv: list[str], folder: str, seconds: float) -> dict[str, Any]:
        """Output goes to files, not pipes: the command is over when its process is, whatever it left running."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=folder,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                preexec_fn=_begin_command,
            )
            late = False
            try:
                await asyncio.wait_for(process.wait(), seconds)
            except TimeoutError:
                late = True
            finally:  # also when the agent hung up: the command was canceled
                if process.returncode is None:
                    kill_descendants(process.pid)
                    process.kill()
            code = await process.wait()
            return {"code": code, "timed_out": late, "stdout": _start_of(output), "stderr": _start_of(errors)}

    async def _systemctl(self, arguments: list[str]) -> dict[str, Any]:
        verb, *names = [each for each in arguments if not each.startswith("-")] or [""]
        if verb == "daemon-reload":
            self._reload()
            return {"code": 0, "output": ""}
        codes, lines = [], []
        for name in names:
            code, line = await self._apply(verb, name.removesuffix(".service"), now="--now" in arguments)
            codes.append(code)
            lines.append(line)
        # Quiet about what is as it should be, and about what a script asked by exit code; never about errors.
        quiet = "--quiet" in arguments and (verb == "is-active" or not max(codes, default=1))
        return {"code": max(codes, default=1), "output": "" if quiet else "\n".join(filter(None, lines))}

    async def _apply(self, verb: str, name: str, *, now: bool) -> tuple[int, str]:
        """One verb on one unit: exit code and text; 3 for a unit that is not active, 5 for one that is unknown."""
        try:
            service = self._service(name)
            match verb:
                case "start" | "stop" | "restart":
                    await self._change(service, verb)
                case "enable":
                    self._enable(name)
                    self._reload()  # enabling reads the units again (systemctl(1))
                    if now:
                        await service.start()
                case "is-active" | "status":
                    return (0 if service.state == "active" else 3), service.state
                case _:
                    return 1, f"Unknown command verb '{verb}'."
        except FileNotFoundError:
            return 5, f"Unit {name}.service not found."
        except (OSError, ValueError) as error:
            return 1, f"Job for {name}.service failed: {error}"
        return 0, ""

    async def _change(self, service: Service, verb: str) -> None:
        if verb in {"stop", "restart"}:
            await service.stop()
        if verb in {"start", "restart"}:
            await service.start()

    def _service(self, name: str) -> Service:
        """A unit, read on first use; later changes of its file count after `daemon-reload`, as in systemd."""
        if name not in self._services:
            unit = parse_unit((self._folder / UNITS / f"{name}.service").read_text(encoding="utf-8"))
            log = self._folder / "var/log" / f"{name}.log"
            self._services[name] = Service(unit, self._environment, log)
        return self._services[name]

    def _reload(self) -> None:
        for name, service in self._services.items():
            path = self._folder / UNITS / f"{name}.service"
            if path.exists():
                service.reconfigure(parse_unit(path.read_text(encoding="utf-8")), self._environment)

    def _enable(self, name: str) -> None:
        link = self._folder / ENABLED / f"{name}.service"
        link.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            link.symlink_to(f"../{name}.service")


async def serve(folder: Path, environment: dict[str, str]) -> None:
    """Run until told to stop or left alone, then end everything below."""
    host = Host(folder, environment)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_unix_server(_connection(host), SOCKET, limit=LARGEST)
    async with server:
        await host.boot()
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(until_orphaned())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        await host.shut_down()
    kill_descendants(os.getpid())


def _begin_command() -> None:
    """A command takes the processor that is left: each host of a cloud has its own, and all of these share one."""
    die_with_parent()
    os.nice(_COMMAND_NICENESS)


def _start_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT).decode(errors="replace")


def _connection(host: Host) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        work = asyncio.ensure_future(host.answer(json.loads(await reader.readline())))
        hung_up = asyncio.ensure_future(reader.read(1))  # nothing more is asked: only the end can come
        await asyncio.wait([work, hung_up], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
        hung_up.cancel()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            writer.write(json.dumps(await work).encode() + b"\n")
            await writer.drain()
        writer.close()

    return talk


def main() -> None:
    """Be the init of the instance whose folder and address are the arguments."""
    folder, address = Path(sys.argv[1]).resolve(), sys.argv[2]
    for name in ("run", "tmp", "home", "var/log", "var/lib", "opt", UNITS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environment = {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.defpath]),
        "LC_ALL": "C.UTF-8",
        "POINTSMAN_ROOT": str(folder),
        "POINTSMAN_ADDRESS": address,
    }
    (folder / SOCKET).unlink(missing_ok=True)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # whoever starts hosts may block signals for itself
    os.chdir(folder)  # a unix socket's path has at most 107 bytes, so it is bound relative to here
    adopt_orphans()
    asyncio.run(serve(folder, environment))


if __name__ == "__main__":
    main()
