"""Tables of DynamoDB that stay quick when they are large: moto copies whole tables before each transaction, and sorts
all of a table's items for each query.

What a transaction may change is which items stand in a table, and the stream; items themselves are only replaced. So a
copy of the places is enough to go back to. Only `Update` changes an item itself, and has the items copied too.
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from sandbox.platform.override import override

_transact: Any = DynamoDBBackend.transact_write_items
_query: Any = Table.query
_transaction = threading.local()


def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Say how much has to be copied to go back to."""
    _transaction.updates = any("Update" in each for each in transact_items)
    _transact(self, transact_items)


def places(self: Table, _memo: dict[int, Any]) -> Table:
    """Copy a table up to its items; a table without a range key has the items themselves on the first level."""
    copied = copy.copy(self)
    if getattr(_transaction, "updates", False):
        copied.items = copy.deepcopy(self.items)
        return _with_stream(self, copied)
    copied.items = copy.copy(self.items)
    for key, below in self.items.items():
        if isinstance(below, dict):
            copied.items[key] = copy.copy(below)
    return _with_stream(self, copied)


def _with_stream(self: Table, copied: Table) -> Table:
    if self.stream_shard is not None:
        copied.stream_shard = copy.copy(self.stream_shard)
        copied.stream_shard.items = list(self.stream_shard.items)
    return copied


def query(  # noqa: PLR0917 # moto's own order of arguments
    self: Table,
    hash_key: Any,
    comparison: str | None,
    values: list[Any],
    limit: int,
    start: dict[str, Any],
    forward: bool,
    projection: list[list[str]] | None,
    index_name: str | None = None,
    *more: Any,
    **others: Any,
) -> Any:
    """Query a table that has nothing but the partition that is asked for; an index has no partitions in moto."""
    arguments = (hash_key, comparison, values, limit, start, forward, projection, index_name, *more)
    if index_name:
        return _query(self, *arguments, **others)
    partition = copy.copy(self)
    partition.items = defaultdict(dict)
    if hash_key in self.items:
        partition.items[hash_key] = self.items[hash_key]
    return _query(partition, *arguments, **others)


def install() -> None:
    """Bind this into moto; once in a process."""
    override(DynamoDBBackend, "transact_write_items", transact_write_items)
    override(Table, "query", query)
    Table.__deepcopy__ = places  # type: ignore[attr-defined] # only backups copy tables too, and the sandbox makes none
