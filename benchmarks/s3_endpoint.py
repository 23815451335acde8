"""A small, fast S3 for benchmarks: one process, loopback only, every answer late by the same time for every tool.

It holds what is needed to be an honest equal for tools that move files: PutObject (signed or chunked bodies, SHA-256
checked, If-None-Match), CopyObject, multipart uploads, GetObject, HeadObject, ListObjectsV2, DeleteObjects. It checks
no signature. Beside it is CloudFront's key-value store, which says which release is live.
`python -m benchmarks.s3_endpoint PORT LATENCY_MS`; GET /_figures answers with what was counted, and begins anew.
"""

import asyncio
import base64
import hashlib
import json
import re
import sys
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

_KEPT = 64 * 1024
"""Bodies that are larger are counted and hashed, and not kept: only manifests are read back."""
_PAGE = 1_000
_KEY = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(slots=True)
class Stored:
    """An object without large bodies."""

    size: int
    etag: str
    body: bytes
    headers: dict[str, str]
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def date(self) -> str:
        """The same as HTTP says it."""
        return format_datetime(self.modified, usegmt=True)

    @property
    def iso(self) -> str:
        """When it was written, as listings say it: `aws s3 sync` sends what is newer on the disk."""
        return f"{self.modified:%Y-%m-%dT%H:%M:%S}.{self.modified.microsecond // 1000:03}Z"


@dataclass(slots=True)
class Request:
    """One request, read whole."""

    method: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes | bytearray


class Answer(Exception):
    """A status with headers and a body."""

    def __init__(self, status: int, body: str | bytes = "", **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def refused(status: int, code: str) -> Answer:
    """An error as S3 writes it."""
    return Answer(status, f"{_XML}<Error><Code>{code}</Code><Message>{code}</Message></Error>")


class Bucket:
    """All objects, whatever bucket they are in."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.uploads: dict[str, tuple[dict[str, str], dict[int, tuple[int, bytes]]]] = {}
        self.counted: Counter[str] = Counter()
        self._names: list[str] = []
        self._store = KeyValueStore()

    def answer(self, request: Request) -> Answer:
        """Do what was asked."""
        self.counted["requests"] += 1
        self.counted["bytes"] += len(request.body)
        try:
            if request.key == "_figures":
                return self._figures()
            if request.key.startswith("key-value-stores/"):
                return self._store.answer(request)
            return getattr(self, f"_{request.method.lower()}")(request)  # type: ignore[no-any-return]
        except Answer as answer:
            return answer

    def _figures(self) -> Answer:
        self.counted["requests"] -= 1
        figures, self.counted = dict(self.counted), Counter()
        return Answer(200, json.dumps(figures))

    def _get(self, request: Request) -> Answer:
        if "/" not in request.key.strip("/") and "list-type" in request.query:
            return self._list(request)
        found = self._found(request.key)
        return Answer(200, found.body, ETag=found.etag, Last_Modified=found.date, **found.headers)

    def _head(self, request: Request) -> Answer:
        found = self._found(request.key)
        return Answer(
            200, ETag=found.etag, Last_Modified=found.date, x_length=str(found.size), **found.headers
        )

    def _found(self, key: str) -> Stored:
        if key not in self.objects:
            raise refused(404, "NoSuchKey")
        return self.objects[key]

    def _put(self, request: Request) -> Answer:
        source = request.headers.get("x-amz-copy-source")
        if source:
            found = self._found(unquote(source).lstrip("/"))
            self.counted["copies"] += 1
            self.counted["copied"] += _length(request.headers.get("x-amz-copy-source-range"), found.size)
            self.objects[request.key] = replace(found, modified=datetime.now(UTC))
            return Answer(
                200,
                f"{_XML}<CopyObjectResult><ETag>{found.etag}</ETag><LastModified>{found.iso}</LastModified>"
                "</CopyObjectResult>",
            )
        if "/" not in request.key.strip("/"):
            return Answer(200)
        body = _plain(request)
        digest = _digest(body, request.headers)
        if "partNumber" in request.query:
            _headers, parts = self.uploads[request.query["uploadId"]]
            parts[int(request.query["partNumber"])] = (len(body), digest)
            return Answer(200, ETag=f'"{digest.hex()}"')
        if request.headers.get("if-none-match") == "*" and request.key in self.objects:
            return refused(412, "PreconditionFailed")
        kept = bytes(body) if len(body) <= _KEPT or request.key.endswith(".json") else b""
        self.objects[request.key] = Stored(len(body), f'"{digest.hex()}"', kept, _kept(request.headers))
        return Answer(200, ETag=f'"{digest.hex()}"')

    def _post(self, request: Request) -> Answer:
        if "delete" in request.query:
            keys = _KEY.findall(bytes(request.body).decode())
            for key in keys:
                self.objects.pop(f"{request.key.strip('/')}/{unescape(key)}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return Answer(200, f"{_XML}<DeleteResult>{deleted}</DeleteResult>")
        if "uploads" in request.query:
            upload = f"upload-{self.counted['requests']}-{len(self.uploads)}"
            self.uploads[upload] = (_kept(request.headers), {})
            return Answer(
                200,
                f"{_XML}<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>",
            )
        headers, parts = self.uploads.pop(request.query["uploadId"])
        ordered = [parts[number] for number in sorted(parts)]
        whole = hashlib.md5(b"".join(each for _size, each in ordered), usedforsecurity=False).hexdigest()
        etag = f'"{whole}-{len(ordered)}"'
        self.objects[request.key] = Stored(sum(size for size, _md5 in ordered), etag, b"", headers)
        return Answer(
            200,
            f"{_XML}<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key>"
            f"<ETag>{etag}</ETag></CompleteMultipartUploadResult>",
        )

    def _delete(self, request: Request) -> Answer:
        """Of an upload that was not completed."""
        if self.uploads.pop(request.query.get("uploadId", ""), None) is None:
            return refused(404, "NoSuchUpload")
        return Answer(204)

    def _list(self, request: Request) -> Answer:
        """ListObjectsV2; names are percent-encoded where that was asked for."""
        bucket = request.key.strip("/")
        prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
        after = request.query.get("continuation-token") or request.query.get("start-after", "")
        encode = quote if request.query.get("encoding-type") == "url" else escape
        rows: list[tuple[str, str]] = []
        names = self._sorted()
        for name in names[bisect_left(names, f"{bucket}/{max(prefix, after)}") :]:
            if not name.startswith(f"{bucket}/{prefix}") or len(rows) > _PAGE:
                break
            key = name.removeprefix(f"{bucket}/")
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            shown = key[: cut + len(delimiter)] if cut >= 0 else key
            if shown > after and (not rows or rows[-1][0] != shown):
                rows.append((shown, "" if cut >= 0 else name))
        page, more = rows[:_PAGE], len(rows) > _PAGE
        text = "".join(self._row(name, encode(shown)) for shown, name in page)
        token = f"<NextContinuationToken>{escape(page[-1][0])}</NextContinuationToken>" if more else ""
        return Answer(
            200,
            f"{_XML}<ListBucketResult><Name>{bucket}</Name><Prefix>{encode(prefix)}</Prefix>"
            f"<KeyCount>{len(page)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{text}</ListBucketResult>",
            Content_Type="application/xml",
        )

    def _sorted(self) -> list[str]:
        """All names; sorted anew only where their number is another one."""
        if len(self._names) != len(self.objects):
            self._names = sorted(self.objects)
        return self._names

    def _row(self, name: str, written: str) -> str:
        if not name:
            return f"<CommonPrefixes><Prefix>{written}</Prefix></CommonPrefixes>"
        found = self.objects[name]
        return (
            f"<Contents><Key>{written}</Key><LastModified>{found.iso}</LastModified><ETag>{escape(found.etag)}</ETag>"
            f"<Size>{found.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )


class KeyValueStore:
    """CloudFront KeyValueStore API reference: DescribeKeyValueStore, GetKey, UpdateKeys."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._writes = 0

    def answer(self, request: Request) -> Answer:
        """Whatever the store is called."""
        _, got, key = request.key.partition("/keys/")
        if request.method == "POST":
            self._values |= {each["Key"]: each["Value"] for each in json.loads(request.body)["Puts"]}
            self._writes += 1
        elif got and key not in self._values:
            return Answer(404, "{}", x_amzn_ErrorType="ResourceNotFoundException")
        about = {
            "ItemCount": 1,
            "TotalSizeInBytes": 1,
            "KvsARN": request.key,
            "Created": 0,
            "Status": "READY",
        }
        return Answer(
            200,
            json.dumps({**about, "Key": key, "Value": self._values.get(key, "")}),
            ETag=f"KV{self._writes}",
        )


def _length(of: str | None, whole: int) -> int:
    """Bytes of a range such as `bytes=0-8388607`, or of all."""
    first, _, last = (of or "").removeprefix("bytes=").partition("-")
    return int(last) - int(first) + 1 if last else whole


def _kept(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: headers[name]
        for name in ("content-type", "cache-control", "content-encoding")
        if name in headers
    }


def _plain(request: Request) -> bytes | bytearray:
    """The body without `aws-chunked` framing."""
    chunked = "aws-chunked" in request.headers.get("content-encoding", "")
    return b"".join(_chunks(request.body)) if chunked else request.body


def _digest(body: bytes | bytearray, headers: dict[str, str]) -> bytes:
    """One SHA-256 for every tool: it is the ETag, and refuses what was sent with another. (An MD5 as well would take
    more time than to receive the body.)"""
    digest = hashlib.sha256(body).digest()
    wanted = headers.get("x-amz-checksum-sha256")
    if wanted and base64.b64encode(digest).decode() != wanted:
        raise refused(400, "BadDigest")
    return digest[:16]


def _chunks(body: bytes | bytearray) -> list[memoryview]:
    view = memoryview(body)
    chunks: list[memoryview] = []
    at = 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(bytes(body[at:end]).partition(b";")[0], 16)
        if not size:
            return chunks
        chunks.append(view[end + 2 : end + 2 + size])
        at = end + 4 + size


class Connection(asyncio.Protocol):
    """HTTP/1.1 with kept connections, read by hand: the endpoint must not be what is measured."""

    def __init__(self, bucket: Bucket, latency: float) -> None:
        self._bucket = bucket
        self._latency = latency
        self._buffer = bytearray()
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._body, self._filled = bytearray(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete; a body is copied once."""
        view = memoryview(data)
        while view:
            if self._head is None:
                view = self._begin(view)
            if self._head is not None:
                taken = min(len(view), len(self._body) - self._filled)
                self._body[self._filled : self._filled + taken] = view[:taken]
                self._filled += taken
                view = view[taken:]
                if self._filled == len(self._body):
                    self._complete(*self._head)

    def _begin(self, view: memoryview) -> memoryview:
        """Read what is before the body, and return what is left."""
        self._buffer += view
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return view[:0]
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        left = len(self._buffer) - end - 4
        self._buffer.clear()
        method, target, _version = lines[0].split(" ")
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self._head = method, target, headers
        self._body, self._filled = bytearray(int(headers.get("content-length", 0))), 0
        if headers.get("expect") == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._body:
            self._complete(*self._head)
        return view[len(view) - left :]

    def _complete(self, method: str, target: str, headers: dict[str, str]) -> None:
        split = urlsplit(target)
        query = {name: found[-1] for name, found in parse_qs(split.query, keep_blank_values=True).items()}
        request = Request(method, unquote(split.path).removeprefix("/"), query, headers, self._body)
        self._head, self._body = None, bytearray()
        late = 0 if request.key == "_figures" else self._latency
        asyncio.get_running_loop().call_later(late, self._send, request)

    def _send(self, request: Request) -> None:
        answer = self._bucket.answer(request)
        length = answer.headers.pop("x-length", str(len(answer.body)))
        lines = [f"HTTP/1.1 {answer.status} OK", f"Content-Length: {length}", "x-amz-request-id: 1"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        body = b"" if request.method == "HEAD" else answer.body
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


async def serve(port: int, latency: float, bucket: Bucket) -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(bucket, latency), "127.0.0.1", port, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000, Bucket()))
