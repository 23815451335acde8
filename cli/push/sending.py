"""Many transfers at a time: what kind each is, in which order, and what becomes of the rest when one fails."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

from chalicelib.domain.release import File, object_key
from cli.push.bucket import Bucket, Changed, PushError
from cli.push.scan import PART, Local

SMALL = 512 * 1024
_AT_ONCE = 128
"""Requests for small files: what they cost is waiting for answers. 256 were not faster."""
WHOLE = 2 * PART
"""What is larger goes in parts: for what is not much larger, asking for parts takes longer than sending it."""
_MEDIUM_AT_ONCE, _LARGE_AT_ONCE = 8, 2
"""Each holds up to WHOLE, or six parts, in memory."""

Done = Callable[[File], None]


class Sender:
    """Brings objects from the directory. An object is named by its content, so nothing else may ever get its name."""

    def __init__(self, bucket: Bucket, local: Mapping[str, Local], done: Done) -> None:
        self._bucket = bucket
        self._local = local
        self._done = done

    def send(self, files: Iterable[File]) -> None:
        """All files; raises the first PushError, after which nothing new is begun."""
        with ExitStack() as stack:
            small, medium, large = (
                stack.enter_context(ThreadPoolExecutor(count))
                for count in (_AT_ONCE, _MEDIUM_AT_ONCE, _LARGE_AT_ONCE)
            )
            futures: list[Future[None]] = []
            # The largest first: the last to end should be a small one.
            for file in sorted(files, key=lambda each: -each.size):
                pool = small if file.size <= SMALL else medium if file.size <= WHOLE else large
                futures.append(pool.submit(self._one, file))
            try:
                ended = wait(futures, return_when=FIRST_EXCEPTION).done
                errors = [error for each in ended if (error := each.exception()) is not None]
            finally:
                for each in futures:
                    each.cancel()
        if errors:
            raise errors[0]

    def _one(self, file: File) -> None:
        at = object_key(file)
        try:
            if file.size > WHOLE:
                self._bucket.put_parts(at, file, self._parts(file))
            else:
                content = self._local[file.path].path.read_bytes()
                if hashlib.sha256(content).hexdigest() != file.sha256:
                    raise _changed(file)
                self._bucket.put(at, file, content)
        except OSError as error:
            raise PushError(f"{file.path} can not be read any more: {error.strerror}") from error
        self._done(file)

    def _parts(self, file: File) -> Iterator[bytes]:
        """The last one only where all of them are what was looked at, so that nothing else can become this object."""
        whole, before = hashlib.sha256(), b""
        with self._local[file.path].path.open("rb") as stream:
            while part := stream.read(PART):
                whole.update(part)
                if before:
                    yield before
                before = part
        if whole.hexdigest() != file.sha256:
            raise _changed(file)
        yield before


def _changed(file: File) -> Changed:
    return Changed(f"{file.path} changed while it was being pushed: is a build still running?")
