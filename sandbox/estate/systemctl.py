"""The `systemctl` of a simulated host: passes its arguments to the host's init. Only standard library."""

from __future__ import annotations

import json
import os
import socket
import sys


def main() -> int:
    """Ask the init of this host; 1 where it does not answer."""
    os.chdir(os.environ["POINTSMAN_ROOT"])  # the socket's path must be short
    request = json.dumps({"do": "systemctl", "arguments": sys.argv[1:]}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("run/init.sock")
        connection.sendall(request)
        line = connection.makefile("rb").readline()
    if not line:
        print("systemctl: the host is going down", file=sys.stderr)
        return 1
    reply = json.loads(line)
    if reply["output"]:
        print(reply["output"])
    return int(reply["code"])


if __name__ == "__main__":
    sys.exit(main())
