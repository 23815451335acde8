"""CloudFront's calls as boto3 makes them: invalidations (rest-xml) and the key-value store (rest-json).

Amazon CloudFront API Reference, "CreateInvalidation", "GetInvalidation" and "CloudFront KeyValueStore".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox.edge.invalidations import Refused
from sandbox.edge.store import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.edge.distribution import Distribution
    from sandbox.edge.invalidations import Invalidation
    from sandbox.edge.store import KeyValueStore

_NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
_STATUS = {"TooManyInvalidationsInProgress": 400, "InvalidArgument": 400}


class Api:
    """The two services, for the distributions and stores of this edge."""

    def __init__(self, distributions: Mapping[str, Distribution]) -> None:
        self._distributions = distributions
        self._stores = {each.store.arn: each.store for each in distributions.values() if each.store}

    def routes(self) -> list[web.RouteDef]:
        """What boto3 asks for."""
        one = "/2020-05-31/distribution/{distribution}/invalidation"
        keys = "/key-value-stores/{arn}"
        return [
            web.post(one, self._create),
            web.get(one + "/{id}", self._get),
            web.get(keys + "/keys/{key}", self._get_key),
            web.put(keys + "/keys/{key}", self._put_key),
            web.delete(keys + "/keys/{key}", self._delete_key),
            web.get(keys + "/keys", self._list_keys),
            web.post(keys + "/keys", self._update_keys),
            web.get(keys, self._describe),
        ]

    # --- invalidations ------------------------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.Response:
        distribution = self._distributions.get(request.match_info["distribution"])
        if distribution is None:
            return _xml_error(404, "NoSuchDistribution", "The specified distribution does not exist.")
        try:
            batch = ET.fromstring(await request.read())  # noqa: S314 - from the product, on loopback
            paths = tuple(each.text or "" for each in batch.iter(f"{{{_NAMESPACE}}}Path"))
            reference = batch.findtext(f"{{{_NAMESPACE}}}CallerReference") or ""
            made = distribution.invalidations.create(reference, paths)
        except ET.ParseError:
            return _xml_error(400, "MalformedInput", "The body is no XML.")
        except Refused as refused:
            code, text = refused.args
            return _xml_error(_STATUS[code], code, text)
        return _shown(distribution, made, 201)

    async def _get(self, request: web.Request) -> web.Response:
        distribution = self._distributions.get(request.match_info["distribution"])
        if distribution is None:
            return _xml_error(404, "NoSuchDistribution", "The specified distribution does not exist.")
        made = distribution.invalidations.all.get(request.match_info["id"])
        if made is None:
            return _xml_error(404, "NoSuchInvalidation", "The specified invalidation does not exist.")
        return _shown(distribution, made, 200)

    # --- key-value store ----------------------------------------------------------------------------------------

    async def _describe(self, request: web.Request) -> web.Response:
        store = self._store(request)
        return _json({**_size(store), "KvsARN": store.arn, "Created": 0, "Status": "READY"}, store)

    async def _list_keys(self, request: web.Request) -> web.Response:
        store = self._store(request)
        return _json({"Items": [{"Key": key, "Value": value} for key, value in store.values.items()]})

    async def _get_key(self, request: web.Request) -> web.Response:
        store, key = self._store(request), request.match_info["key"]
        if key not in store.values:
            raise _json_error(web.HTTPNotFound, "ResourceNotFoundException", f"There is no key {key}.")
        return _json({**_size(store), "Key": key, "Value": store.values[key]})

    async def _put_key(self, request: web.Request) -> web.Response:
        store, key = self._store(request), request.match_info["key"]
        return _changed(request, store, {key: (await request.json())["Value"]}, ())

    async def _delete_key(self, request: web.Request) -> web.Response:
        return _changed(request, self._store(request), {}, (request.match_info["key"],))

    async def _update_keys(self, request: web.Request) -> web.Response:
        asked = await request.json()
        puts = {each["Key"]: each["Value"] for each in asked.get("Puts", ())}
        deletes = tuple(each["Key"] for each in asked.get("Deletes", ()))
        return _changed(request, self._store(request), puts, deletes)

    def _store(self, request: web.Request) -> KeyValueStore:
        store = self._stores.get(request.match_info["arn"])
        if store is None:
            raise _json_error(
                web.HTTPNotFound, "ResourceNotFoundException", "There is no such key value store."
            )
        return store


def _changed(
    request: web.Request, store: KeyValueStore, puts: Mapping[str, str], deletes: tuple[str, ...]
) -> web.Response:
    try:
        store.change(request.headers.get("If-Match", ""), puts, deletes)
    except Conflict as conflict:
        raise _json_error(web.HTTPConflict, "ConflictException", str(conflict)) from conflict
    return _json(_size(store), store)


def _size(store: KeyValueStore) -> dict[str, int]:
    total = sum(len(key.encode()) + len(value.encode()) for key, value in store.values.items())
    return {"ItemCount": len(store.values), "TotalSizeInBytes": total}


def _json(content: Mapping[str, object], store: KeyValueStore | None = None) -> web.Response:
    return web.json_response(content, headers={"ETag": store.etag} if store else None)


def _json_error(kind: type[web.HTTPError], code: str, text: str) -> web.HTTPError:
    body = web.json_response({"Message": text}).text
    return kind(text=body, content_type="application/json", headers={"x-amzn-ErrorType": code})


def _shown(distribution: Distribution, made: Invalidation, status: int) -> web.Response:
    done = "Completed" if distribution.invalidations.completed(made) else "InProgress"
    at = datetime.fromtimestamp(made.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    paths = "".join(f"<Path>{escape(each)}</Path>" for each in made.paths)
    body = (
        f'<Invalidation xmlns="{_NAMESPACE}"><Id>{made.id}</Id><Status>{done}</Status><CreateTime>{at}</CreateTime>'
        f"<InvalidationBatch><Paths><Quantity>{len(made.paths)}</Quantity><Items>{paths}</Items></Paths>"
        f"<CallerReference>{escape(made.reference)}</CallerReference></InvalidationBatch></Invalidation>"
    )
    return web.Response(status=status, text=body, content_type="text/xml")


def _xml_error(status: int, code: str, text: str) -> web.Response:
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(text)}</Message>"
    body = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    return web.Response(status=status, text=body, content_type="text/xml")
