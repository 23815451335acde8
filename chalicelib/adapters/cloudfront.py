"""CloudFront: the key-value store that says which release is live, and invalidations."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.adapters.boto_errors import aws
from chalicelib.adapters.key_value_store import KeyValueStores
from chalicelib.domain.errors import Conflict, NotReady
from chalicelib.domain.release import address

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import InvalidationBatchTypeDef

LIVE = "live"
"""The key that names the folder; a key of the folder's name says which release is in it
(stepfunctions/viewer-request.js)."""
EVERYTHING = "/*"
MOST_PATHS, MOST_WILDCARDS = 1_000, 15
"""3,000 paths may be in progress at once, and of those with a wildcard 15 more (CloudFront guide, "Concurrent
invalidation request maximum"). A thousand a month cost nothing, and each one after that as much as EVERYTHING, which is
one path ("Pay for file invalidation")."""
_NOT_UNSAFE = "/!$&'()*+,;:=@"
"""Besides letters, digits and `-_.~`: what is neither unsafe in RFC 1738 nor the begin of a query."""
_UNMATCHED = re.compile(r"[~*'].*")
"""A bare `~` is refused, `%7E` is taken and does not match it (github.com/aws/aws-sdk, issue 525); a `*` never means
itself; a path with a `'` was refused (github.com/laurilehmijoki/s3_website, issue 63)."""


class CloudFrontCdn:
    """The port Cdn on CloudFront; the client is made when it is needed, since most steps do not."""

    def __init__(self, client: "Callable[[], CloudFrontClient]", stores: KeyValueStores) -> None:
        self._open_client, self._stores = client, stores

    @cached_property
    def _client(self) -> "CloudFrontClient":
        return self._open_client()

    def pointer(self, store: str) -> str:
        """One GetKey."""
        return self._stores.value(store, LIVE)

    def release_in(self, store: str, folder: str) -> str:
        """One GetKey."""
        return self._stores.value(store, folder) or folder

    def point(self, store: str, to: str, release: str, *, instead_of: str) -> None:
        """One UpdateKeys under the store's ETag, which was read before the key: what changes in between is a conflict.
        A location that leads to the folder knows the release in it."""
        etag = self._stores.etag(store)
        live = self.pointer(store)
        if live == to:
            return
        if live != instead_of:
            raise Conflict(f"{live or 'nothing'} is live, not {instead_of or 'nothing'}")
        self._stores.update(store, etag, {LIVE: to} if release == to else {LIVE: to, to: release})

    def invalidate(self, distribution: str, paths: Sequence[str], reference: str) -> str:
        """The same CallerReference with the same paths finds the invalidation that was made before."""
        named = _few({each for path in paths for each in addresses(path)})
        batch: InvalidationBatchTypeDef = {
            "Paths": {"Quantity": len(named), "Items": named},
            "CallerReference": reference,
        }
        with aws("CreateInvalidation"):
            try:
                answer = self._client.create_invalidation(
                    DistributionId=distribution, InvalidationBatch=batch
                )
            except self._client.exceptions.TooManyInvalidationsInProgress:
                raise NotReady("CloudFront takes no more invalidations until some have ended") from None
        return str(answer["Invalidation"]["Id"])

    def invalidated(self, distribution: str, invalidation: str) -> bool:
        """Completed; one that is not known any more is over too."""
        with aws("GetInvalidation"):
            try:
                answer = self._client.get_invalidation(DistributionId=distribution, Id=invalidation)
            except self._client.exceptions.NoSuchInvalidation:
                return True
        return str(answer["Invalidation"]["Status"]) == "Completed"


def addresses(path: str) -> list[str]:
    """Under which names edges may keep a file: as viewers ask for it, and as the viewer-request function spells it; a
    folder's page also as the folder. CloudFront takes a path literally, with nothing encoded but what is not ASCII or
    unsafe, and recommends both where a function changes it (CloudFront guide, "What you need to know when invalidating
    files"). What can not be spelled so that it matches is taken with all that begins like it."""
    asked = f"/{quote(path, safe=_NOT_UNSAFE)}"
    both = [asked, address(path)]
    folders = [each.removesuffix("index.html") for each in both if each.endswith("/index.html")]
    return list(dict.fromkeys(_UNMATCHED.sub("*", each) for each in (*both, *folders)))


def _few(named: set[str]) -> list[str]:
    """In order; or everything, where that is cheaper or there would be too many."""
    wildcards = sum(each.endswith("*") for each in named)
    if len(named) > MOST_PATHS or wildcards > MOST_WILDCARDS or EVERYTHING in named:
        return [EVERYTHING]
    return sorted(named)
