"""Many transfers at a time: what kind each is, in which order, and what becomes of the rest when one fails."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

from chalicelib.domain.release import File, object_key
from cli.push.bucket import Bucket, Changed, PushError
from cli.push.scan import PART, Local

SMALL = 512 * 1024
_AT_ONCE = 128
"""Requests for small files: what they cost is waiting for answers. 256 were not faster."""
_MEDIUM_AT_ONCE, _LARGE_AT_ONCE = 8, 4
"""Each holds up to a part, or six, in memory."""

Done = Callable[[File], None]


class Sender:
    """Brings files to their objects."""

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
                pool = small if file.size <= SMALL else medium if file.size <= PART else large
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
        self._upload(file)
        self._done(file)

    def _upload(self, file: File) -> None:
        local = self._local[file.path]
        at = object_key(file)
        try:
            if file.size > PART:
                self._bucket.put_large(at, file, local.path)
                same = local.path.stat().st_mtime_ns == local.changed
            else:
                content = local.path.read_bytes()
                same = hashlib.sha256(content).hexdigest() == file.sha256
                if same:
                    self._bucket.put(at, file, content)
        except OSError as error:
            raise PushError(f"{file.path} can not be read any more: {error.strerror}") from error
        if not same:
            raise Changed(f"{file.path} changed while it was being pushed: is a build still running?")
