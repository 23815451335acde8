"""What cleaning up costs where a frontend has ten releases of 50,000 files, served by a pointer from two folders that
take turns, and two more are too many: seconds, seconds of the processor, memory and requests, call by call.

`python -m benchmarks.cleaning [FILES [LATENCY_MS]]`. One file in ten differs from one release to the next.
"""

import asyncio
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.request import urlopen

from benchmarks.s3_endpoint import Bucket, Stored, serve
from chalicelib.adapters.clock import WallClock
from chalicelib.adapters.object_store import from_environment, open_bucket
from chalicelib.adapters.s3_cleaner import CALL_SECONDS, S3Cleaner
from chalicelib.domain.release import File, live_key, manifest, manifest_key, object_key, pack
from chalicelib.domain.release_cleaning import Kept
from chalicelib.domain.settings import Site

KEEP = 10
FOLDERS = Site("b", KEEP, "production", pointer="arn", service="web").folders
OLD = datetime.now(UTC) - timedelta(days=3)
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def tag(number: int) -> str:
    """Newer with each number."""
    return f"web_2026-11-22_14-{number:02}"


def release(number: int, count: int) -> list[File]:
    """Its files."""
    made = []
    for each in range(count):
        own = f"{each} {number if each % 10 == number % 10 else 0}"
        sha256 = hashlib.sha256(own.encode()).hexdigest()
        path = f"assets/chunks/{each:05}/module-{sha256[:10]}.js"
        made.append(
            File(path, sha256, 4_000, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable")
        )
    return made


def filled(count: int) -> Bucket:
    """Eleven releases, and what is left of one whose manifest is gone: each folder has been given what all had."""
    bucket = Bucket()
    for number in range(KEEP + 2):
        files = release(number, count)
        body = Stored(4_000, '"1"', b"", {}, OLD)
        bucket.objects |= {f"b/{live_key(folder, each.path)}": body for folder in FOLDERS for each in files}
        bucket.objects |= {f"b/{object_key(each)}": body for each in files}
        if number:
            packed = pack(manifest("web", tag(number), files, 0))
            bucket.objects[f"b/{manifest_key(tag(number))}"] = Stored(len(packed), '"1"', packed, {}, OLD)
    return bucket


def clean(endpoint: str) -> None:
    """As the function does, until nothing is left; a line for each call."""
    opened = partial(open_bucket, region="us-east-1", credentials=from_environment(KEYS), endpoint=endpoint)
    cleaner = S3Cleaner(partial(opened, patience=timedelta(seconds=CALL_SECONDS)), WallClock())
    more = True
    while more:
        begun, used = time.time(), time.process_time()
        # A busy machine answers later than S3 does: no call ends early here.
        found = cleaner.clean("b", Kept("web", KEEP, frozenset({tag(KEEP + 1)}), FOLDERS, begun + 3_600))
        more = found.more
        seconds, processor = time.time() - begun, time.process_time() - used
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with urlopen(f"{endpoint}/_figures") as answer:  # noqa: S310  # our own
            requests = json.load(answer)["requests"]
        print(
            f"{found.deleted} deleted, {seconds:.1f} s, {processor:.1f} s of the processor, {memory:.0f} MB, "
            f"{requests} requests"
        )


def main(count: int = 50_000, latency: int = 30) -> None:
    """Both processes."""
    served = [sys.executable, "-m", "benchmarks.cleaning", "serve", str(count), str(latency)]
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as endpoint:
        port = endpoint.stdout.readline().strip() if endpoint.stdout else ""
        url = f"http://127.0.0.1:{port}"
        subprocess.run(
            [sys.executable, "-m", "benchmarks.cleaning", "clean", url], env=os.environ, check=True
        )
        endpoint.terminate()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count, latency]:
            asyncio.run(serve(0, float(latency) / 1000, filled(int(count))))
        case ["clean", url]:
            clean(url)
        case given:
            main(*map(int, given))
