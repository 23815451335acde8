"""CloudFront: the key-value store that says which release is live, and invalidations.

The store's own API is signed with SigV4A, for which boto3 needs `awscrt` (boto3 reference, "CloudFrontKeyValueStore").
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_cloudfront_keyvaluestore.client import CloudFrontKeyValueStoreClient

LIVE = "live"
"""The key that the viewer-request function reads (stepfunctions/viewer-request.js)."""
MOST_PATHS = 1_000
"""3,000 paths of a distribution may be in progress at once; above a third of it all is forgotten, which counts as one
path (CloudFront guide, "Quotas on invalidations")."""
_PLAIN = "/!*'()"
_BUSY = frozenset({"TooManyInvalidationsInProgress"})


class CloudFrontCdn:
    """The port Cdn on CloudFront; each client is made when it is needed, since most steps need neither."""

    def __init__(
        self,
        client: "Callable[[], CloudFrontClient]",
        store: "Callable[[], CloudFrontKeyValueStoreClient]",
    ) -> None:
        self._open_client, self._open_store = client, store

    @cached_property
    def _client(self) -> "CloudFrontClient":
        return self._open_client()

    @cached_property
    def _store(self) -> "CloudFrontKeyValueStoreClient":
        return self._open_store()

    def pointer(self, store: str) -> str:
        """One GetKey."""
        with aws("GetKey"):
            try:
                return self._store.get_key(KvsARN=store, Key=LIVE)["Value"]
            except self._store.exceptions.ResourceNotFoundException:
                return ""

    def point(self, store: str, to: str, *, instead_of: str) -> None:
        """One PutKey under the store's ETag, which was read before the key: what changes in between is a conflict."""
        with aws("DescribeKeyValueStore"):
            etag = self._store.describe_key_value_store(KvsARN=store)["ETag"]
        live = self.pointer(store)
        if live == to:
            return
        if live != instead_of:
            raise Conflict(f"{live or 'nothing'} is live, not {instead_of or 'nothing'}")
        with aws("PutKey"):
            try:
                self._store.put_key(KvsARN=store, Key=LIVE, Value=to, IfMatch=etag)
            except self._store.exceptions.ConflictException:
                raise Conflict("the key-value store changed at the same moment") from None

    def invalidate(self, distribution: str, paths: Sequence[str], reference: str) -> str:
        """The same CallerReference with the same paths finds the invalidation that was made before."""
        named = sorted({address for path in paths for address in addresses(path)})
        if len(named) > MOST_PATHS:
            named = ["/*"]
        with aws("CreateInvalidation", passing=_BUSY):
            answer = self._client.create_invalidation(
                DistributionId=distribution,
                InvalidationBatch={
                    "Paths": {"Quantity": len(named), "Items": named},
                    "CallerReference": reference,
                },
            )
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
    """Where a file is asked for, spelled as the viewer-request function spells it (JavaScript's encodeURIComponent): a
    folder's page also as the folder (CloudFront guide, "What you need to know when invalidating files")."""
    own = f"/{quote(path, safe=_PLAIN)}"
    folder = own.removesuffix("index.html")
    return [own] if folder == own or not folder.endswith("/") else [own, folder]
