"""A mass send told from both sides: submitted, reviewed, on the phones, and reported by the event."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue.articles import Article
from gongzhong.catalogue.mass import Audience, MassCard
from gongzhong.client import Client
from gongzhong.errors import CallError
from gongzhong.messages import MassSendJobFinish
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world import articles, drafts, mass, media, people, tags
from gongzhong.platform.world.settings import CopyrightFinding, MassOutcome, MassSettings
from gongzhong.platform.world.world import CHINA
from gongzhong.testing import PNG, LocalPlatform


class Paper:
    """A service account that notes the results of its mass sends."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.results: list[MassSendJobFinish] = []
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        self.oa.on(MassSendJobFinish)(self.note)
        self.state = platform.connect(self.oa)
        self.api = platform.async_client(self.oa)

    async def note(self, event: MassSendJobFinish) -> None:
        self.results.append(event)

    def call(self, work: Any) -> Any:
        return self.platform.run(work)

    def code(self, work: Any) -> int:
        with pytest.raises(CallError) as refused:
            self.platform.run(work)
        return refused.value.errcode

    def readers(self, *names: str) -> list[str]:
        for name in names:
            self.platform.person(name).follows(self.oa)
        return [self.platform.person(name).openid(self.oa) for name in names]

    def draft(self, *titles: str) -> str:
        cover = media.keep(self.platform.world, self.state, "image", PNG, permanent=True).media_id
        articles = [Article(title=title, content="<p>正文</p>", thumb_media_id=cover) for title in titles]
        return drafts.add(self.platform.world, self.state, articles).media_id


def pages_at(paper: Paper, addresses: list[str]) -> list[articles.Page]:
    found = [articles.page(paper.platform.world, url) for url in addresses]
    return [page for page in found if page is not None]


@pytest.fixture
def paper(platform: LocalPlatform) -> Paper:
    return Paper(platform)


def test_everybody_gets_the_text_when_the_job_is_done(paper: Paper) -> None:
    paper.readers("alice", "bob")
    sent = paper.call(paper.api.mass.send_text(content="大家好", to_all=True))
    alice = paper.platform.person("alice")
    assert sent.msg_data_id is None
    assert paper.call(paper.api.mass.status(msg_id=sent.msg_id)).msg_status == "SENDING"
    assert not [line for line in alice.inbox if line.via == "mass"]
    paper.platform.clock.advance(minutes=1)
    assert [(line.text, line.via) for line in alice.inbox] == [("大家好", "mass")]
    assert paper.call(paper.api.mass.status(msg_id=sent.msg_id)).msg_status == "SEND_SUCCESS"
    (result,) = paper.results
    assert (result.msg_id, result.from_user_name, result.succeeded) == (sent.msg_id, "mphelper", True)
    assert (result.total_count, result.filter_count, result.sent_count, result.error_count) == (2, 2, 2, 0)


def test_a_tag_reaches_its_carriers_only(paper: Paper) -> None:
    alice, _ = paper.readers("alice", "bob")
    tag = tags.create(paper.platform.world, paper.state, "读者")
    tags.change(paper.platform.world, paper.state, tag, [alice], put=True)
    paper.call(paper.api.mass.send_text(content="给读者", tag_id=tag))
    paper.platform.clock.advance(minutes=1)
    assert [line.text for line in paper.platform.person("alice").inbox] == ["给读者"]
    assert paper.platform.person("bob").inbox == []
    assert paper.code(paper.api.mass.send_text(content="x", tag_id=999)) == 40152


def test_a_person_receives_four_a_month_and_refusing_ones_none(paper: Paper) -> None:
    alice, bob = paper.readers("alice", "bob")
    paper.platform.world.db.run("UPDATE relation SET refuses = 1 WHERE openid = ?", bob)
    for number in range(5):
        paper.call(paper.api.mass.send_text_to_users(openids=[alice, bob], content=f"第 {number} 条"))
        paper.platform.clock.advance(minutes=1)
    counts = [(one.total_count, one.filter_count, one.sent_count) for one in paper.results]
    assert counts == [(2, 1, 1)] * 4 + [(2, 0, 0)]
    assert len(paper.platform.person("alice").inbox) == 4
    paper.platform.clock.advance(days=31)
    paper.call(paper.api.mass.send_text_to_users(openids=[alice, bob], content="新的一月"))
    paper.platform.clock.advance(minutes=1)
    assert paper.platform.person("alice").inbox[-1].text == "新的一月"


def test_who_left_since_is_an_error(paper: Paper) -> None:
    openids = paper.readers("alice", "bob")
    paper.platform.person("bob").unfollows(paper.oa)
    paper.call(paper.api.mass.send_text_to_users(openids=openids, content="在吗"))
    paper.platform.clock.advance(minutes=1)
    (result,) = paper.results
    assert (result.filter_count, result.sent_count, result.error_count) == (2, 1, 1)


def test_articles_open_as_pages_until_they_are_deleted(paper: Paper) -> None:
    paper.readers("alice")
    draft = paper.draft("头条", "次条")
    sent = paper.call(paper.api.mass.send_article(media_id=draft, to_all=True))
    assert sent.msg_data_id is not None
    assert paper.code(paper.api.mass.delete(msg_id=sent.msg_id)) == 40065
    paper.platform.clock.advance(minutes=1)
    card = paper.platform.person("alice").inbox[-1]
    (result,) = paper.results
    assert result.article_url_result is not None
    addresses = [item.article_url for item in result.article_url_result.result_list.item]
    assert [article["url"] for article in card.content["articles"]] == addresses
    assert result.copyright_check_result is not None
    assert (result.copyright_check_result.count, result.copyright_check_result.check_state) == (2, 1)
    assert paper.code(paper.api.mass.send_article(media_id=draft, tag_id=2)) == 40007
    assert paper.code(paper.api.mass.delete(msg_id=sent.msg_id, article_idx=3)) == 40060
    paper.call(paper.api.mass.delete(url=addresses[0]))
    assert [page.readable for page in pages_at(paper, addresses)] == [False, True]
    assert paper.call(paper.api.mass.status(msg_id=sent.msg_id)).msg_status == "SEND_SUCCESS"
    paper.call(paper.api.mass.delete(msg_id=sent.msg_id, article_idx=2))
    assert paper.call(paper.api.mass.status(msg_id=sent.msg_id)).msg_status == "DELETE"
    assert paper.platform.person("alice").inbox[-1].type == "news"


def test_sending_on_by_msg_data_id_keeps_the_address(paper: Paper) -> None:
    openids = paper.readers("alice", "bob")
    first = paper.call(paper.api.mass.send_article(media_id=paper.draft("头条"), to_all=True))
    paper.platform.clock.advance(days=1)
    number = str(first.msg_data_id)
    again = paper.call(paper.api.mass.send_article_to_users(openids=openids, media_id=number))
    paper.platform.clock.advance(minutes=1)
    cards = [line.content["articles"][0]["url"] for line in paper.platform.person("alice").inbox]
    assert again.msg_data_id == first.msg_data_id
    assert len(cards) == 2 and cards[0] == cards[1]
    paper.call(paper.api.mass.delete(msg_id=again.msg_id))
    assert paper.call(paper.api.mass.status(msg_id=first.msg_id)).msg_status == "DELETE"


def test_articles_prepared_for_mass_sending(paper: Paper) -> None:
    paper.readers("alice")
    cover = media.keep(paper.platform.world, paper.state, "image", PNG, permanent=True).media_id
    article = Article(title="旧式图文", content="<p>好</p>", thumb_media_id=cover)
    kept = paper.call(paper.api.mass.upload_news(articles=[article]))
    assert kept.type == "news"
    paper.call(paper.api.mass.send_article(media_id=kept.media_id, to_all=True))
    paper.platform.clock.advance(minutes=1)
    assert paper.platform.person("alice").inbox[-1].text == "旧式图文"


def test_a_draft_deleted_before_it_goes_out_fails_the_job(paper: Paper) -> None:
    paper.readers("alice")
    draft = paper.draft("头条")
    paper.call(paper.api.mass.send_article(media_id=draft, to_all=True))
    drafts.delete(paper.platform.world, paper.state, draft)
    paper.platform.clock.advance(minutes=1)
    assert [one.status for one in paper.results] == ["send fail"]
    assert paper.platform.person("alice").inbox == []


@pytest.mark.parametrize(
    ("outcome", "ignoring", "status"),
    [
        (MassOutcome(status="err(10001)"), False, "err(10001)"),
        (MassOutcome(check_state=3), True, "err(30002)"),
        (MassOutcome(check_state=2), False, "err(30003)"),
        (MassOutcome(check_state=2), True, "send success"),
    ],
)
def test_the_review_ends_as_chosen(paper: Paper, outcome: MassOutcome, ignoring: bool, status: str) -> None:
    paper.readers("alice")
    mass.choose_next(paper.platform.world, paper.state, outcome)
    media_id = paper.draft("头条")
    paper.call(paper.api.mass.send_article(media_id=media_id, to_all=True, even_if_reprint=ignoring))
    paper.platform.clock.advance(minutes=1)
    (result,) = paper.results
    assert result.status == status
    assert result.sent_count == len(paper.platform.person("alice").inbox) == int(result.succeeded)


def test_findings_of_the_originality_check_are_told(paper: Paper) -> None:
    found = CopyrightFinding(
        article_idx=2, user_declare_state=2, audit_state=3, original_article_url="http://x/", can_reprint=True
    )
    mass.choose_next(paper.platform.world, paper.state, MassOutcome(check_state=2, findings=[found]))
    media_id = paper.draft("头条", "次条")
    paper.call(paper.api.mass.send_article(media_id=media_id, to_all=True, even_if_reprint=True))
    paper.platform.clock.advance(minutes=1)
    result = paper.results[0].copyright_check_result
    assert result is not None
    first, second = result.result_list.item
    assert (first.audit_state, first.can_reprint) == (11, False)
    assert (second.audit_state, second.original_article_url, second.can_reprint) == (3, "http://x/", True)


def test_a_failed_review_gives_the_send_back(paper: Paper) -> None:
    paper.readers("alice")
    paper.platform.change(paper.oa, mass=MassSettings(outcome=MassOutcome(status="err(20013)")))
    paper.call(paper.api.mass.send_text(content="一", to_all=True))
    paper.platform.clock.advance(minutes=1)
    paper.platform.change(paper.oa, mass=MassSettings())
    paper.call(paper.api.mass.send_text(content="二", to_all=True))
    assert paper.code(paper.api.mass.send_text(content="三", to_all=True)) == 45028


def test_to_everybody_once_a_day_and_four_times_a_month() -> None:
    start = datetime.datetime(2026, 3, 1, 9, tzinfo=CHINA).timestamp()
    platform = LocalPlatform(PlatformConfig(start=start))
    try:
        paper = Paper(platform)
        paper.readers("alice")
        for number in range(4):
            paper.call(paper.api.mass.send_text(content=f"第 {number} 条", to_all=True))
            assert paper.code(paper.api.mass.send_text(content=f"又 {number}", to_all=True)) == 45028
            platform.clock.advance(days=1)
        assert paper.code(paper.api.mass.send_text(content="第五条", to_all=True)) == 45028
        platform.clock.advance(days=28)
        paper.call(paper.api.mass.send_text(content="四月", to_all=True))
    finally:
        platform.close()


def test_protection_waits_for_the_administrator(paper: Paper) -> None:
    paper.readers("alice")
    paper.platform.change(paper.oa, mass=MassSettings(protected=True))
    world = paper.platform.world
    paper.call(paper.api.mass.send_text(content="一", to_all=True))
    assert paper.code(paper.api.mass.send_text(content="二", to_all=True)) == 89504
    paper.platform.clock.advance(minutes=29)
    assert paper.results == []
    paper.platform.clock.advance(minutes=2)
    assert [one.status for one in paper.results] == ["err(40002)"]
    second = paper.call(paper.api.mass.send_text(content="三", to_all=True))

    async def agree() -> None:
        mass.confirm(world, paper.state, second.msg_id, agreed=True)

    paper.call(agree())
    paper.platform.clock.advance(minutes=1)
    assert paper.results[-1].succeeded
    assert paper.platform.person("alice").inbox[-1].text == "三"


def test_the_same_send_twice(paper: Paper) -> None:
    openids = paper.readers("alice", "bob")
    send = paper.api.mass.send_text_to_users
    first = paper.call(send(openids=openids, content="好"))
    assert paper.code(send(openids=openids, content="好")) == 45066
    paper.platform.clock.advance(minutes=2)
    with pytest.raises(CallError) as refused:
        paper.call(send(openids=openids, content="好"))
    assert (refused.value.errcode, refused.value.answer["msg_id"]) == (45065, first.msg_id)
    paper.call(send(openids=openids, content="另一条"))
    paper.call(send(openids=openids, content="带编号", clientmsgid="a1"))
    paper.platform.clock.advance(minutes=2)
    assert paper.code(send(openids=openids, content="换了内容", clientmsgid="a1")) == 45065
    assert paper.code(send(openids=openids, content="x", clientmsgid="a" * 33)) == 45067
    paper.platform.clock.advance(days=1)
    assert paper.call(send(openids=openids, content="好")).msg_id > first.msg_id


def test_a_subscription_account_sends_once_a_day(platform: LocalPlatform) -> None:
    oa = OfficialAccount(Account(appid="wx00000000000000bb", secret=Secret("s" * 32), token=Secret("tok123")))
    platform.connect(oa, kind="subscription")
    platform.person("alice").follows(oa)
    api = platform.async_client(oa)
    platform.run(api.mass.send_text(content="今天", to_all=True))
    with pytest.raises(CallError) as refused:
        platform.run(api.mass.send_text(content="星标", tag_id=2))
    assert refused.value.errcode == 45028
    with pytest.raises(CallError) as forbidden:
        platform.run(api.mass.send_text_to_users(openids=["a", "b"], content="x"))
    assert forbidden.value.errcode == 48001
    platform.clock.advance(days=1)
    platform.run(api.mass.send_text(content="明天", tag_id=2))


def test_previews_by_openid_and_by_name(paper: Paper) -> None:
    (alice,) = paper.readers("alice")
    people.create(paper.platform.world, "stranger")
    paper.call(paper.api.mass.preview_text(content="预览", openid=alice))
    paper.call(paper.api.mass.preview_article(media_id=paper.draft("样章"), wechat_id="alice"))
    assert [line.text for line in paper.platform.person("alice").inbox] == ["预览", "样章"]
    assert paper.code(paper.api.mass.preview_text(content="x", wechat_id="nobody")) == 40132
    assert paper.code(paper.api.mass.preview_text(content="x", wechat_id="stranger")) == 43004
    assert paper.code(paper.api.mass.preview_text(content="x")) == 40003


def test_files_must_be_permanent_and_of_the_right_kind(paper: Paper) -> None:
    world = paper.platform.world
    paper.readers("alice")
    picture = media.keep(world, paper.state, "image", PNG, permanent=True).media_id
    passing = media.keep(world, paper.state, "image", PNG).media_id
    send = paper.api.mass.send_images
    assert paper.code(send(media_ids=[passing], tag_id=2)) == 40007
    assert paper.code(paper.api.mass.send_voice(media_id=picture, tag_id=2)) == 40007
    sent = paper.call(send(media_ids=[picture, picture], to_all=True))
    paper.platform.clock.advance(minutes=1)
    assert [line.type for line in paper.platform.person("alice").inbox] == ["image", "image"]
    assert sent.msg_data_id is not None
    assert paper.code(paper.api.mass.delete(msg_id=sent.msg_id)) == 40065


def test_a_video_is_prepared_first(paper: Paper) -> None:
    paper.readers("alice")
    mp4 = b"\0\0\0\x18ftypmp42" + bytes(16)
    video = media.keep(paper.platform.world, paper.state, "video", mp4, permanent=True).media_id
    prepared = paper.call(paper.api.mass.upload_video(media_id=video, title="片", description="短片"))
    sent = paper.call(paper.api.mass.send_video(media_id=prepared.media_id, to_all=True))
    paper.platform.clock.advance(minutes=1)
    line = paper.platform.person("alice").inbox[-1]
    assert (line.type, line.text) == ("video", "片")
    paper.call(paper.api.mass.delete(msg_id=sent.msg_id))
    assert paper.call(paper.api.mass.status(msg_id=sent.msg_id)).msg_status == "DELETE"


def test_speed(paper: Paper) -> None:
    assert paper.code(paper.api.mass.get_speed()) == 45084
    paper.call(paper.api.mass.set_speed(speed=4))
    answer = paper.call(paper.api.mass.get_speed())
    assert (answer.speed, answer.realspeed) == (4, 10)
    assert paper.code(paper.api.mass.set_speed(speed=5)) == 45083


def test_coupons_are_refused(paper: Paper) -> None:
    card, everybody = MassCard(card_id="p1"), Audience(is_to_all=True)
    assert paper.code(paper.api.mass.send(filter=everybody, msgtype="wxcard", wxcard=card)) == 45113


def test_the_blocking_client_has_the_same_methods(paper: Paper) -> None:
    client: Client = paper.platform.client(paper.oa)
    paper.readers("alice")
    assert client.mass.send_text(content="同步", to_all=True).msg_id > 2**31
    with pytest.raises(ValueError, match="to_all"):
        client.mass.send_text(content="x")
