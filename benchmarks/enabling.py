"""What the functions do to enable a release, in one process: `python -m benchmarks.enabling MODE NEW [OLD]`.

MODE is `copy` or `pointer`; `back` moves the pointer to NEW, which was live before OLD. The steps' own code over the
adapters, in the machine's order, the parts of each Map side by side as Lambda runs them. Both manifests are read once
here; each function reads them for itself. Not in it: people, the table, and in copy mode the invalidation.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chalicelib.adapters.object_store import endpoint_of, from_environment, open_bucket
from chalicelib.adapters.s3_checksums import S3Checksums
from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.domain.settings import Site
from chalicelib.usecases.steps.bringing import bring, share, wrong
from chalicelib.usecases.steps.placing import Placing, part, parts

BUCKET, FOLDER, REGION = "releases", "production", "us-east-1"
STORE = "arn:aws:cloudfront::123456789012:key-value-store/benchmark"
AT_ONCE = 8
"""The Map's MaxConcurrency."""


def main(mode: str, new: str, old: str = "") -> None:
    """Enable it; raises where a file is not there in the end."""
    if mode != "back":
        enable(Site(BUCKET, 10, FOLDER, pointer=STORE if mode == "pointer" else ""), new, old)
    if mode != "copy":
        point(new, old)


def enable(site: Site, new: str, old: str) -> None:
    """Up to the moment where it is shown, or in copy mode to its end."""
    opened = partial(
        open_bucket, region=REGION, credentials=from_environment(os.environ), endpoint=endpoint_of(os.environ)
    )
    bucket = S3Releases(opened, S3Checksums(_boto3))
    placing = Placing(site, bucket.manifest(BUCKET, new), bucket.manifest(BUCKET, old) if old else None, old)

    def place(files: Sequence[Any], number: int) -> None:
        bring(bucket, site, part(files, number), new)

    def check(files: Sequence[Any], number: int) -> None:
        if found := wrong(bucket, site, part(files, number), new):
            raise SystemExit(f"{len(found)} files are not there, such as {found[0]}")

    each(placing.assets, place)
    each(placing.shared, lambda _, number: share(bucket, placing, number))
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


def point(to: str, instead_of: str) -> None:
    """The store's API over boto3, as the function calls it."""
    import boto3  # noqa: PLC0415  # copy mode needs none of it

    from chalicelib.adapters.cloudfront import CloudFrontCdn  # noqa: PLC0415  # the same
    from sandbox.platform.worker import find_accounts  # noqa: PLC0415  # the same

    find_accounts()
    store = partial(
        boto3.client, "cloudfront-keyvaluestore", endpoint_url=endpoint_of(os.environ), region_name=REGION
    )
    CloudFrontCdn(partial(boto3.client, "cloudfront"), store).point(STORE, to, instead_of=instead_of)


if __name__ == "__main__":
    main(*sys.argv[1:])
