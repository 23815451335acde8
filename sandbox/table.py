"""What the product has written into its table, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.house import House


def outcome(house: House) -> str:
    """How the newest deployment ended, by its own record."""
    return str(newest(house).get("state", "none"))


def newest(house: House) -> dict[str, Any]:
    """The record of the newest deployment; empty where there is none."""
    found = [item for item in items(house) if item["sk"].startswith("DEPLOYMENT#")]
    return max(found, key=lambda item: item["requested_at"], default={})


def left_open(house: House) -> list[str]:
    """Locks that are held and questions that are open."""
    left = []
    for item in items(house):
        if item["sk"] == "STATE":
            left += [
                f"{slot} lock of {item[slot]['deployment']}"
                for slot in ("active", "keeping")
                if item.get(slot)
            ]
    return left + [f"question {code}" for code in open_questions(house)]


def open_questions(house: House) -> list[str]:
    """The codes of questions that nobody has decided."""
    return [
        str(item["code"])
        for item in items(house)
        if item["sk"].startswith("QUESTION#") and not item.get("answer")
    ]


def items(house: House) -> list[dict[str, Any]]:
    """Everything in the table, as plain values."""
    from boto3.dynamodb.types import TypeDeserializer  # noqa: PLC0415 - only for looking

    read = TypeDeserializer().deserialize
    pages = house.client("dynamodb").get_paginator("scan").paginate(TableName=house.created.ids["Table"])
    items = [{key: read(value) for key, value in item.items()} for page in pages for item in page["Items"]]
    return sorted(items, key=lambda item: (item["pk"], item["sk"]))
