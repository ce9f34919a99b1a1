"""A cover that cannot be cut is refused with 53402 and WeChat's words (api/draft.md: developers' reports)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gongzhong import CallError
from gongzhong.catalogue.articles import CoverInfo, CropPercent

from ..contract.catalogue_world import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


@pytest.mark.parametrize("cut", ["0.5_0_0.5_1", "0_0.8_1_0.2"])
def test_a_cut_without_area_is_refused(shop: Shop, cut: str) -> None:
    x1, y1, x2, y2 = cut.split("_")
    cover = CoverInfo(crop_percent_list=[CropPercent(ratio="1_1", x1=x1, y1=y1, x2=x2, y2=y2)])
    for fields in ({"pic_crop_235_1": cut}, {"pic_crop_1_1": cut}, {"cover_info": cover}):
        with pytest.raises(CallError, match="封面裁剪失败") as refused:
            shop.draft(shop.article(**fields))
        assert refused.value.errcode == 53402


def test_the_official_example_of_a_cut_is_kept(shop: Shop) -> None:
    assert shop.draft(shop.article(pic_crop_235_1="0.1945_0_1_0.5236"))
