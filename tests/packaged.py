"""The package, for tests of it and for tests of what its template names."""

import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def built() -> Path:
    """The folder with the package; nothing is built where it is of today's sources."""
    subprocess.run([sys.executable, "-m", "scripts.package"], check=True)
    return Path("build/package")
