"""An editor stores pictures and writes drafts: what is kept, what is refused, what can't be deleted yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongzhong.catalogue.articles import (
    Article,
    CoverInfo,
    CropPercent,
    FooterProduct,
    ImageInfo,
    Picture,
    ProductInfo,
)
from gongzhong.catalogue.drafts import AddDraft
from gongzhong.catalogue.material import (
    GetMaterial,
    MaterialNews,
    MaterialVideo,
    NewsArticle,
    VideoDescription,
)
from gongzhong.catalogue.menus import Button
from gongzhong.catalogue.model import Download, Upload
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import PNG, LocalPlatform

from .conftest import Magazine, refused

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(64)
MP3 = b"ID3" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)


def test_bytes_come_back_as_they_went(magazine: Magazine, tmp_path: Path) -> None:
    api = magazine.api
    cover = tmp_path / "cover.png"
    cover.write_bytes(PNG)
    stored = api.material.add(type="image", media=Upload.of(cover))
    assert stored.url is not None
    assert stored.url.startswith(f"http://mmbiz.qpic.cn/mmbiz_png/{stored.media_id}/")
    got = api.material.get(media_id=stored.media_id)
    assert isinstance(got, Download)
    assert (got.content, got.content_type) == (PNG, "image/png")
    saved = api.save(GetMaterial(media_id=stored.media_id), tmp_path / "back.png")
    assert isinstance(saved, Download)
    assert (tmp_path / "back.png").read_bytes() == PNG


def test_a_video_has_words_and_an_address(magazine: Magazine) -> None:
    said = VideoDescription(title="短片", introduction="三秒")
    stored = magazine.api.material.add(type="video", media=Upload(MP4, "a.mp4"), description=said)
    got = magazine.api.material.get(media_id=stored.media_id)
    assert isinstance(got, MaterialVideo)
    assert (got.title, got.description) == ("短片", "三秒")
    assert got.down_url.endswith(stored.media_id)
    assert stored.url == ""


def test_the_content_decides_what_a_file_is(magazine: Magazine) -> None:
    with refused(40113):  # sent as cover.mp3
        magazine.api.material.add(type="image", media=Upload(MP3, "cover.png"))
    with refused(40009):
        magazine.api.material.add(type="image", media=Upload(PNG + bytes(10 * 1024 * 1024), "big.png"))


def test_a_store_has_an_end(platform: LocalPlatform) -> None:
    platform.world.rules = Rules(permanent_images=2, permanent_others=1)
    magazine = Magazine(platform)
    magazine.picture()
    magazine.picture()
    with refused(45034):
        magazine.picture()
    magazine.api.material.add(type="voice", media=Upload(MP3, "a.mp3"))
    with refused(45034):
        magazine.api.material.add(type="voice", media=Upload(MP3, "b.mp3"))
    platform.world.rules = Rules(permanent_images=2, material_full_code=45074)
    with refused(45074):
        magazine.picture()


def test_lists_count_and_page_newest_first(magazine: Magazine) -> None:
    api = magazine.api
    ids = []
    for number in range(23):
        ids.append(api.material.add(type="image", media=Upload(PNG, f"{number}.png")).media_id)
        magazine.platform.clock.advance(1)
    api.media.upload_image(media=Upload(PNG, "body.png"))
    magazine.draft(magazine.article(thumb_media_id=ids[0]))
    count = api.material.count()
    assert (count.image_count, count.voice_count, count.video_count, count.news_count) == (23, 0, 0, 1)
    assert [one.media_id for one in api.material.walk(type="image")] == ids[::-1]
    assert [one.name for one in api.material.walk(type="image", count=2)][:2] == ["22.png", "21.png"]
    page = api.material.list(type="image", offset=20)
    assert (page.total_count, page.item_count, len(page.item)) == (23, 3, 3)
    assert api.material.list(type="image", offset=99).item == []
    (news,) = api.material.list(type="news").item
    assert news.content is not None
    assert news.content.news_item[0].title == "春天"
    got = api.material.get(media_id=news.media_id)
    assert isinstance(got, MaterialNews)


def test_permanent_and_temporary_ids_are_not_interchangeable(magazine: Magazine) -> None:
    api = magazine.api
    temporary = api.media.upload(type="image", media=Upload(PNG, "a.png")).id
    with refused(40007):
        api.material.get(media_id=temporary)
    with refused(40007):
        api.media.get(media_id=magazine.picture())
    with refused(40007):
        magazine.draft(magazine.article(thumb_media_id=temporary))


def test_what_is_in_use_stays(magazine: Magazine) -> None:
    api = magazine.api
    cover, shown = magazine.picture(), magazine.picture()
    draft = magazine.draft(magazine.article(thumb_media_id=cover))
    api.menu.create(
        button=[
            Button(name="图", type="media_id", media_id=shown),
            Button(name="文", type="view_limited", media_id=draft),
        ]
    )
    for media_id in (cover, shown, draft):
        with refused(48005):
            api.material.delete(media_id=media_id)
    api.menu.delete()
    for media_id in (draft, cover, shown):
        api.material.delete(media_id=media_id)
        with refused(40007):
            api.material.delete(media_id=media_id)


def test_the_retired_calls_say_so(magazine: Magazine) -> None:
    article = NewsArticle(title="a", thumb_media_id="M", content="c")
    with refused(45106):
        magazine.api.material.add_news(articles=[article])
    with refused(45106):
        magazine.api.material.update_news(media_id="M", articles=article)


def test_a_draft_is_kept_clean(magazine: Magazine) -> None:
    api = magazine.api
    inside = api.media.upload_image(media=Upload(PNG, "a.png")).url
    content = f'<p onclick="x()">花<script>x()</script><img src="{inside}"><img src="http://other/x.png"></p>'
    draft = magazine.draft(
        magazine.article(content=content, author="编辑", content_source_url="https://example.com/a")
    )
    (item,) = api.drafts.get(media_id=draft).news_item
    assert item.content == f'<p>花<img src="{inside}"></p>'
    assert (item.author, item.digest, item.content_source_url) == ("编辑", "花", "https://example.com/a")
    assert item.thumb_url.startswith("http://mmbiz.qpic.cn/")
    assert item.is_deleted is None


BROKEN: list[tuple[int, dict[str, Any]]] = [
    (45003, {"title": "字" * 33}),
    (45110, {"author": "字" * 9}),
    (45004, {"digest": "字" * 129}),
    (45002, {"content": "字" * 349_526}),
    (45005, {"content_source_url": "https://example.com/" + "a" * 1_024}),
    (41039, {"content_source_url": "ftp://example.com"}),
    (45166, {"content": "<script>only()</script>"}),
    (40007, {"thumb_media_id": "unknown"}),
    (47003, {"pic_crop_1_1": "0_0_2_1"}),
    (53405, {"product_info": ProductInfo(footer_product_info=FooterProduct(product_key="unknown"))}),
    (53405, {"content": "<mp-common-product></mp-common-product>" * 51}),
]


@pytest.mark.parametrize(("code", "fields"), BROKEN, ids=lambda value: str(value)[:40])
def test_every_rule_of_an_article(magazine: Magazine, code: int, fields: dict[str, Any]) -> None:
    with refused(code):
        magazine.draft(magazine.article(**fields))
    kept = magazine.draft()
    with refused(code):
        magazine.api.drafts.update(media_id=kept, index=0, articles=magazine.article(**fields))


def test_the_longest_article_that_is_allowed(magazine: Magazine) -> None:
    longest = magazine.article(
        title="字" * 32,
        author="字" * 8,
        digest="字" * 120,
        content="字" * 20_001,
        pic_crop_235_1="0.1945_0_1_0.5236",
        cover_info=CoverInfo(
            crop_percent_list=[CropPercent(ratio="16_9", x1="0", y1="0.166454", x2="1", y2="0.833546")]
        ),
    )
    (item,) = magazine.api.drafts.get(media_id=magazine.draft(longest)).news_item
    assert item.cover_info == longest.cover_info


def test_sources_that_contradict_each_other_are_settings(platform: LocalPlatform) -> None:
    platform.world.rules = Rules(digest_units=240, draft_articles=2)
    magazine = Magazine(platform)
    for code, fields in (
        (45003, {"title": "a" * 65}),
        (45110, {"author": "字" * 7 + "abc"}),
        (45004, {"digest": "字" * 121}),
    ):
        with refused(code):
            magazine.draft(magazine.article(**fields))
    magazine.draft(magazine.article(title="a" * 64, author="字" * 7 + "ab", digest="a" * 240))
    with refused(45008):
        magazine.draft(*[magazine.article()] * 3)


def test_comment_flags_need_the_comment_function(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, comments=False)
    with refused(88000):
        magazine.draft(magazine.article(need_open_comment=1))
    magazine.draft(magazine.article(need_open_comment=0))


def test_a_picture_message(magazine: Magazine) -> None:
    pictures = ImageInfo(image_list=[Picture(image_media_id=magazine.picture()) for _ in range(20)])
    draft = magazine.draft(magazine.article(article_type="newspic", content="三月", image_info=pictures))
    (item,) = magazine.api.drafts.get(media_id=draft).news_item
    assert (item.article_type, item.image_info) == ("newspic", pictures)
    assert pictures.image_list[0].image_media_id in item.thumb_url
    more = ImageInfo(image_list=[*pictures.image_list, *pictures.image_list[:1]])
    with refused(47003):
        magazine.draft(magazine.article(article_type="newspic", image_info=more))
    with refused(40007):
        magazine.draft(Article(title="a", content="c", article_type="newspic"))


def test_an_update_replaces_one_article(magazine: Magazine) -> None:
    api = magazine.api
    draft = magazine.draft(magazine.article(title="一"), magazine.article(title="二"))
    api.drafts.update(media_id=draft, index=1, articles=magazine.article(title="三"))
    assert [item.title for item in api.drafts.get(media_id=draft).news_item] == ["一", "三"]
    with refused(40114):
        api.drafts.update(media_id=draft, index=2, articles=magazine.article())
    with refused(40007):
        api.drafts.update(media_id="unknown", articles=magazine.article())


def test_the_box_can_be_listed_counted_and_emptied(magazine: Magazine) -> None:
    api = magazine.api
    ids = [magazine.draft() for _ in range(3)]
    assert api.drafts.count().total_count == 3
    assert [entry.media_id for entry in api.drafts.walk(count=1)] == ids[::-1]
    without = api.drafts.list(no_content=1).item[0].content.news_item[0]
    assert (without.title, without.content) == ("春天", None)
    beyond = api.drafts.list(offset=9)
    assert (beyond.total_count, beyond.item_count, beyond.item) == (3, 0, [])
    with refused(40035):
        api.drafts.list(count=21)
    for draft in ids:
        api.drafts.delete(media_id=draft)
    assert api.drafts.count().total_count == 0
    with refused(40007):
        api.drafts.delete(media_id=ids[0])
    assert api.drafts.switch(checkonly=1).is_open == 1


def test_product_cards(magazine: Magazine) -> None:
    api = magazine.api
    large = api.drafts.product_card(product_id="10000001", article_type="news", card_type=0)
    assert large.dom is not None
    assert large.product_key is None
    bar = api.drafts.product_card(product_id="10000001", article_type="newspic", card_type=3)
    assert bar.product_key is not None
    footer = ProductInfo(footer_product_info=FooterProduct(product_key=bar.product_key))
    draft = magazine.draft(magazine.article(content=f"<p>买</p>{large.dom}", product_info=footer))
    assert large.dom in (api.drafts.get(media_id=draft).news_item[0].content or "")
    with refused(10170003):
        api.drafts.product_card(product_id="1", article_type="news", card_type=3)
    with refused(10170001):
        api.drafts.product_card(product_id="tea", article_type="news", card_type=0)


def test_nobody_else_sees_them(magazine: Magazine, platform: LocalPlatform) -> None:
    other = Magazine(platform, "wx00000000000000bb")
    draft, cover = magazine.draft(), magazine.picture()
    for media_id in (draft, cover):
        with refused(40007):
            other.api.material.get(media_id=media_id)
    with refused(40007):
        other.draft(other.article(thumb_media_id=cover))


def test_nothing_is_lost_when_an_article_among_several_is_wrong(magazine: Magazine) -> None:
    with refused(40007):
        magazine.draft(magazine.article(), magazine.article(thumb_media_id="unknown"))
    assert magazine.api.drafts.count().total_count == 0


def test_an_empty_list_is_no_draft(magazine: Magazine) -> None:
    with refused(44003):
        magazine.api.perform(AddDraft(articles=[]))


def test_a_configured_file_is_material(tmp_path: Path) -> None:
    (tmp_path / "cover.jpg").write_bytes(JPEG)
    text = """
[[account]]
name = "demo"
appid = "wx00000000000000aa"
secret = "ssssssssssssssssssssssssssssssss"
[[media]]
account = "demo"
media_id = "COVER"
file = "cover.jpg"
"""
    config = msgspec.toml.decode(text, type=PlatformConfig)
    config.folder = str(tmp_path)
    platform = LocalPlatform(config)
    magazine = Magazine(platform)
    magazine.draft(magazine.article(thumb_media_id="COVER"))
    platform.close()


def test_the_short_ways(magazine: Magazine, tmp_path: Path) -> None:
    api = magazine.api
    (tmp_path / "a.mp4").write_bytes(MP4)
    with (tmp_path / "a.mp4").open("rb") as film:
        video = api.material.add_video(file=film, title="短片", introduction="三秒")
    got = api.material.get(media_id=video.media_id)
    assert isinstance(got, MaterialVideo)
    assert (got.title, got.description) == ("短片", "三秒")
    api.material.add_voice(file=MP3, filename="a.mp3")
    api.material.add_thumb(file=JPEG, filename="a.jpg")
    cover = api.material.add_image(file=PNG, filename="a.png").media_id
    article = api.drafts.add_article(
        title="一", content="<p>二</p>", thumb_media_id=cover, author="编辑", comments="fans"
    )
    (item,) = api.drafts.get(media_id=article.media_id).news_item
    assert (item.author, item.need_open_comment, item.only_fans_can_comment) == ("编辑", 1, 1)
    pictures = api.drafts.add_pictures(title="三", content="四", pictures=[cover])
    assert api.drafts.get(media_id=pictures.media_id).news_item[0].article_type == "newspic"
