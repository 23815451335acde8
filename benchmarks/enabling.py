"""What the functions do to enable a release in copy mode, in one process: `python -m benchmarks.enabling NEW [OLD]`.

The steps' own code over the adapter, the parts of the machine's Map side by side as Lambda runs them: both manifests,
assets, a look at them, pages, a look at everything. Not in it: people, the table, the CDN.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chalicelib.adapters.object_store import endpoint_of, from_environment, open_bucket
from chalicelib.adapters.s3_checksums import S3Checksums
from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.domain.release import File
from chalicelib.domain.settings import Site
from chalicelib.usecases.steps.placing import Placing, part, parts

BUCKET, FOLDER = "releases", "production"
AT_ONCE = 8
"""The Map's MaxConcurrency."""


def main(new: str, old: str = "") -> None:
    """Enable it; raises where a file is not there in the end."""
    opened = partial(
        open_bucket,
        region="us-east-1",
        credentials=from_environment(os.environ),
        endpoint=endpoint_of(os.environ),
    )
    bucket = S3Releases(opened, S3Checksums(_boto3))
    site = Site(bucket=BUCKET, keep=10, environment=FOLDER)
    before = bucket.manifest(BUCKET, old) if old else None
    placing = Placing(site, bucket.manifest(BUCKET, new), before, old)
    for files in (placing.assets, placing.new_pages, placing.pages):
        bring(bucket, files)
        wrong = bucket.wrong(BUCKET, files, FOLDER)
        if wrong:
            raise SystemExit(f"{len(wrong)} files are not there, such as {wrong[0]}")


def _boto3() -> Any:
    import boto3  # noqa: PLC0415  # loaded where a listing does not tell, as in the function

    return boto3.client("s3")


def bring(bucket: S3Releases, files: Sequence[File]) -> None:
    """Each part as one function would."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda number: bucket.place(BUCKET, part(files, number), FOLDER), parts(files)):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
