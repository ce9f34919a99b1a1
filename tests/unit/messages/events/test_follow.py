"""What a follow or a scan says about where the user came from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongzhong.messages import ProductScan, Push, Scan, Subscribe

EventMaker = Callable[..., Push]


@pytest.mark.parametrize(
    ("key", "scene"),
    [
        (None, None),
        ("", None),
        ("qrscene_shop42", "shop42"),
        ("qrscene_123", "123"),
        ("qrscene_qrscene_a", "qrscene_a"),
        ("last_trade_no_4003752001", None),
        ("shop42", None),
        ("my_qrscene_a", None),
        ("scanbarcode|ean13|6900000000012", None),
    ],
)
def test_scene_of_a_follow(event: EventMaker, key: str | None, scene: str | None) -> None:
    push = event("subscribe") if key is None else event("subscribe", EventKey=key)
    assert isinstance(push, Subscribe)
    assert push.event_key == key
    assert push.scene == scene


@pytest.mark.parametrize(
    ("key", "product"),
    [
        ("scanbarcode|ean13|69", ProductScan("barcode", "ean13", "69")),
        ("scanbarcode|ean13|69|a|b", ProductScan("barcode", "ean13", "69", "a|b")),
        ("scanimage|ean13|69|x", ProductScan("image", "ean13", "69", "x")),
        ("scanbarcode|ean13", None),
        ("scanbarcode", None),
        ("qrscene_a|b|c", None),
        ("", None),
    ],
)
def test_product_of_a_follow(event: EventMaker, key: str, product: ProductScan | None) -> None:
    push = event("subscribe", EventKey=key)
    assert isinstance(push, Subscribe)
    assert push.product == product


def test_scene_of_a_followers_scan_has_no_prefix(event: EventMaker) -> None:
    push = event("SCAN", EventKey="42", Ticket="t")
    assert isinstance(push, Scan)
    assert (push.scene, push.ticket) == ("42", "t")
