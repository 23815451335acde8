"""What the functions do to enable a release, in one process.

`python -m benchmarks.enabling MODE FOLDER NEW [OLD [SPARE]]`: MODE is `copy` or `pointer`; `back` moves the pointer to
NEW, which was live before OLD. FOLDER is that of NEW, where in pointer mode two take turns (`a`, `b`), and SPARE lies
there. The steps' own code over the adapters, in the machine's order, the parts of each Map side by side as Lambda runs
them. The manifests are read once here; each function reads them for itself. Not in it: people, the table, the wait for
the edges, and in copy mode the invalidation.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from chalicelib.adapters.object_store import endpoint_of, from_environment, open_bucket
from chalicelib.adapters.s3_checksums import S3Checksums
from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.domain.settings import Site
from chalicelib.usecases.steps.bringing import bring, share, wrong
from chalicelib.usecases.steps.placing import Placing, Spot, part, parts

BUCKET, FOLDER, REGION = "releases", "production", "us-east-1"
STORE = "arn:aws:cloudfront::123456789012:key-value-store/benchmark"
AT_ONCE = 8
"""The Map's MaxConcurrency."""


def main(mode: str, folder: str, new: str, old: str = "", spare: str = "") -> None:
    """Enable it; raises where a file is not there in the end."""
    site = Site(BUCKET, 10, FOLDER, pointer="" if mode == "copy" else STORE, service="web")
    at_new = Spot(BUCKET, next((each for each in site.folders if each.endswith(f"_{folder}")), FOLDER), new)
    at_old = Spot(BUCKET, (site.turn(at_new.folder) if site.pointer else FOLDER) if old else "", old)
    if mode != "back":
        enable(site, at_new, at_old, spare)
    if mode != "copy":
        point(at_new, at_old)


def enable(site: Site, at_new: Spot, at_old: Spot, spare: str) -> None:
    """Up to the moment where it is shown, or in copy mode to its end."""
    opened = partial(
        open_bucket, region=REGION, credentials=from_environment(os.environ), endpoint=endpoint_of(os.environ)
    )
    bucket = S3Releases(opened, S3Checksums(_boto3))
    new, (old, lies) = bucket.manifests(BUCKET, at_new.tag, (at_old.tag, spare))
    placing = Placing(site, new, at_new, at_old, old, lies, spare)

    def place(files: Sequence[Any], number: int) -> None:
        refuse_served(site, at_new)
        bring(bucket, at_new, part(files, number))

    def both(_: Sequence[Any], number: int) -> None:
        refuse_served(site, at_new)
        share(bucket, placing, number)

    def check(files: Sequence[Any], number: int) -> None:
        if found := wrong(bucket, at_new, part(files, number)):
            raise SystemExit(f"{len(found)} files are not there, such as {found[0]}")

    each(placing.assets, place)
    each(placing.shared, both)
    each(placing.checked, check)
    each(placing.new_pages, place)
    each(placing.pages, place)
    each([] if site.pointer else placing.shown, check)


def _boto3() -> Any:
    import boto3  # noqa: PLC0415  # loaded where a listing does not tell, as in the function

    return boto3.client("s3")


def each(files: Sequence[Any], work: Callable[[Sequence[Any], int], None]) -> None:
    """A Map: each part as one function would."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(partial(work, files), parts(files)):
            pass


def refuse_served(site: Site, spot: Spot) -> None:
    """Before anything is written where a pointer might lead."""
    if site.pointer and cdn().pointer(STORE) == spot.folder:
        raise SystemExit(f"{spot.folder} is live")


def point(to: Spot, instead_of: Spot) -> None:
    """One write."""
    cdn().point(STORE, to.folder, to.tag, instead_of=instead_of.folder)


@cache
def cdn() -> Any:
    """The store's API, as the function calls it."""
    from chalicelib.adapters.cloudfront import CloudFrontCdn  # noqa: PLC0415  # copy mode needs none of it
    from chalicelib.adapters.key_value_store import KeyValueStores  # noqa: PLC0415  # the same
    from sandbox.platform.worker import find_accounts  # noqa: PLC0415  # the same

    find_accounts()
    return CloudFrontCdn(_boto3, KeyValueStores(os.environ))


if __name__ == "__main__":
    main(*sys.argv[1:])
