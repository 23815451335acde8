"""Run a module in the sandbox's time: `SANDBOX_CLOCK=FILE python -m sandbox.in_time MODULE ARGUMENT...`."""

from __future__ import annotations

import runpy
import sys

from sandbox import clock


def main() -> None:
    """As `python -m MODULE`, with a virtual `time.time`."""
    clock.install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
