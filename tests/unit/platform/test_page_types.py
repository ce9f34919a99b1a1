"""The pages' types are made from what the control routes declare, and are not older than that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.openapi import document
from gongzhong.platform.doors.control.openapi_pages import digest, pages_document

TYPES = Path(__file__).parents[3] / "web" / "src" / "api" / "schema.ts"


def schemas() -> dict[str, Any]:
    found: dict[str, Any] = pages_document(document(ROUTES))["components"]["schemas"]
    return found


def test_the_types_are_fresh() -> None:
    first = TYPES.read_text("utf-8").splitlines()[0]
    assert first.endswith(digest(pages_document(document(ROUTES)))), "run make types"


def test_no_call_of_wechat_is_among_them() -> None:
    assert {"StateView", "TextLine", "Order"} <= schemas().keys()
    assert "SendTemplate" not in schemas()
    assert "Mistake" not in schemas()


def test_an_answer_has_every_field_and_a_body_only_what_it_must() -> None:
    assert set(schemas()["AccountState"]["required"]) == set(schemas()["AccountState"]["properties"])
    assert schemas()["Order"]["required"] == ["side", "kind"]
    assert "default" not in schemas()["Order"]["properties"]["rate"]
    assert "kf" not in schemas()["TextLine"]["required"]


def test_everything_that_is_referred_to_is_there() -> None:
    text = str(pages_document(document(ROUTES)))
    for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas()
