"""For every typed call: how to make one that succeeds. A call that needs arguments and has no entry fails the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from gongzhong.catalogue import (
    ai,
    article_statistics,
    base,
    card_statistics,
    comments,
    customer_messages,
    customer_service,
    drafts,
    mass,
    material,
    media,
    menus,
    oauth,
    old_article_statistics,
    publisher,
    publishing,
    qrcodes,
    statistics,
    subscriptions,
    tags,
    templates,
    tickets,
    users,
)
from gongzhong.catalogue.ai import PictureCall
from gongzhong.catalogue.mass import mass_text, preview_text, text_to_users
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.registry import CALLS
from gongzhong.platform.world import js_sdk
from gongzhong.testing import PNG

from .catalogue_world import JPG, KEYWORDS, MP3, MP4, NOON, NOTICE, NOTICE_KEYWORDS, TEMPLATE, Shop

Maker = Callable[[Shop], Call[Any]]

DAY, WEEK, MONTH = "2026-03-16", "2026-03-09", "2026-02-01"
"""Over and ready at NOON: a day, the first of a week, the first of a month."""
BUTTONS = [menus.Button.click("今日歌曲", "MUSIC")]
RULE = menus.MatchRule(client_platform_type="1")


def _menu(shop: Shop) -> None:
    shop.perform(menus.CreateMenu(button=BUTTONS))


def _conditional(shop: Shop) -> int | str:
    _menu(shop)
    added: int | str = shop.perform(menus.AddConditionalMenu(button=BUTTONS, matchrule=RULE)).menuid
    return added


def _bind(shop: Shop) -> None:
    shop.change(open_platform="wx00000000000000cc")


def _after(prepare: Callable[[Shop], object], call: Call[Any]) -> Maker:
    def make(shop: Shop) -> Call[Any]:
        prepare(shop)
        return call

    return make


def _rid(shop: Shop) -> str:
    try:
        shop.perform(tags.DeleteTag(tag=tags.TagReference(id=999)))
    except Exception as error:
        return str(getattr(error, "rid", ""))
    raise AssertionError("nothing was refused")


def _tagged(shop: Shop) -> int:
    tag = shop.tag()
    shop.perform(tags.TagUsers(openid_list=[shop.openid], tagid=tag))
    return tag


def _answered(shop: Shop) -> dict[str, int]:
    place = shop.comment()
    shop.perform(comments.ReplyToComment(**place, content="谢谢"))
    return place


def _one_time(shop: Shop, **fields: Any) -> subscriptions.SendOneTime:
    template = shop.alice.confirms_once(7, of=shop.oa)
    usual: dict[str, Any] = {"openid": shop.openid, "template_id": template, "scene": 7, "title": "提醒"}
    return subscriptions.one_time_message(**{**usual, "content": "到货了", **fields})


def _notice(shop: Shop, **fields: Any) -> subscriptions.SendNotice:
    template = shop.notice()
    shop.alice.accepts(template, of=shop.oa)
    data = {
        "character_string1": templates.TemplateValue(value="A1"),
        "thing2": templates.TemplateValue(value="咖啡豆"),
    }
    return subscriptions.SendNotice(
        **{"touser": shop.openid, "template_id": template, "data": data, **fields}
    )


def _template(shop: Shop, **fields: Any) -> templates.SendTemplate:
    data = templates.template_data(amount1="¥1.00", amount3="¥2.00")
    template = fields.pop("template_id", None) or shop.template()
    return templates.SendTemplate(**{"touser": shop.openid, "template_id": template, "data": data, **fields})


def _short_key(shop: Shop) -> str:
    key: str = shop.perform(qrcodes.CreateShortKey(long_data="shop=1")).short_key
    return key


def _spoken(shop: Shop) -> str:
    """Alice, who has just written."""
    shop.alice.says("在吗", to=shop.oa)
    return shop.openid


def _voice(shop: Shop) -> ai.SubmitVoice:
    return ai.SubmitVoice(voice_id="v1", media=Upload(MP3, "a.mp3"))


def _web(shop: Shop) -> dict[str, Any]:
    token = shop.web_token()
    return {"access_token": token.access_token, "openid": token.openid}


def _seen(call: type[PictureCall[Any]], **fields: Any) -> Maker:
    """Reads a picture of which somebody said what is on it."""

    def make(shop: Shop) -> Call[Any]:
        kind = call.spec.path.rpartition("/")[2]
        if call in _TAUGHT:
            shop.platform.recognises(kind, PNG, type="Front", content="菜单", number="苏A12345")
        return call(img=Upload(PNG, "a.png"), **fields)

    return make


_TAUGHT: Final[frozenset[type[PictureCall[Any]]]] = frozenset(
    {
        ai.ReadIDCard,
        ai.ReadBankCard,
        ai.ReadVehicleLicence,
        ai.ReadDriverLicence,
        ai.ReadBusinessLicence,
        ai.ReadPlateNumber,
        ai.ReadMenu,
    }
)
_LOOKED_AT: Final[tuple[type[PictureCall[Any]], ...]] = (
    ai.ReadPrintedText,
    ai.ReadCodes,
    ai.CropPicture,
    ai.EnlargePicture,
)
_DAILY: Final = (
    statistics.GetFollowerChanges,
    statistics.GetFollowerTotals,
    statistics.GetMessageCounts,
    statistics.GetHourlyMessageCounts,
    statistics.GetSenderDistribution,
    statistics.GetCallbackCounts,
    statistics.GetHourlyCallbackCounts,
    article_statistics.GetArticleReads,
    article_statistics.GetArticleShares,
    article_statistics.GetArticlesOverview,
    article_statistics.GetArticleDetails,
    old_article_statistics.GetArticleActivity,
    old_article_statistics.GetArticleTotals,
    old_article_statistics.GetReadActivity,
    old_article_statistics.GetHourlyReadActivity,
    old_article_statistics.GetShareActivity,
    old_article_statistics.GetHourlyShareActivity,
)
_WEEKLY: Final = (statistics.GetWeeklyMessageCounts, statistics.GetWeeklySenderDistribution)
_MONTHLY: Final = (statistics.GetMonthlyMessageCounts, statistics.GetMonthlySenderDistribution)


def _needs(kind: type[Call[Any]]) -> bool:
    """Whether a call cannot be made without arguments. One that can needs an entry only to prepare the world."""
    return any(field.required for field in msgspec.structs.fields(kind))


def _on(day: str, *kinds: Any, **fields: Any) -> dict[type[Call[Any]], Maker]:
    def maker(kind: Any) -> Maker:
        return lambda shop: kind(begin_date=day, end_date=day, **fields)

    return {kind: maker(kind) for kind in kinds}


def _plain(kind: Any) -> Maker:
    return lambda shop: kind()


def _period() -> dict[str, Any]:
    return {"start_date": DAY, "end_date": DAY}


SUCCEEDS: Final[dict[type[Call[Any]], Maker]] = {
    **{kind: _plain(kind) for kind in CALLS if not _needs(kind)},
    **_on(DAY, *_DAILY),
    **_on(WEEK, *_WEEKLY),
    **_on(MONTH, *_MONTHLY),
    **_on(DAY, card_statistics.GetCardOverview, card_statistics.GetCouponStatistics, cond_source=1),
    **_on(DAY, card_statistics.GetMemberCardOverview, cond_source=0),
    **_on(DAY, card_statistics.GetMemberCardStatistics, card_id="pCard"),
    base.CheckCallback: lambda shop: base.CheckCallback(action="all", check_operator="DEFAULT"),
    base.GetQuota: lambda shop: base.GetQuota(cgi_path="/cgi-bin/menu/create"),
    base.ClearApiQuota: lambda shop: base.ClearApiQuota(cgi_path="/cgi-bin/menu/create"),
    base.GetRid: lambda shop: base.GetRid(rid=_rid(shop)),
    base.GetOpenAccount: _after(_bind, base.GetOpenAccount()),
    menus.CreateMenu: lambda shop: menus.CreateMenu(button=BUTTONS),
    menus.GetMenu: _after(_menu, menus.GetMenu()),
    menus.DeleteMenu: _after(_menu, menus.DeleteMenu()),
    menus.AddConditionalMenu: _after(_menu, menus.AddConditionalMenu(button=BUTTONS, matchrule=RULE)),
    menus.DeleteConditionalMenu: lambda shop: menus.DeleteConditionalMenu(menuid=_conditional(shop)),
    menus.TryMenu: lambda shop: menus.TryMenu(user_id=shop.openid),
    templates.SetIndustry: lambda shop: templates.SetIndustry(industry_id1="1", industry_id2="4"),
    templates.AddTemplate: lambda shop: templates.AddTemplate(
        template_id_short=TEMPLATE, keyword_name_list=KEYWORDS
    ),
    templates.DeleteTemplate: lambda shop: templates.DeleteTemplate(template_id=shop.template()),
    templates.SendTemplate: _template,
    templates.QueryBlockedTemplates: lambda shop: templates.QueryBlockedTemplates(tmpl_msg_id="1"),
    customer_messages.SendCustomerMessage: lambda shop: shop.text(),
    customer_messages.SetTyping: lambda shop: customer_messages.SetTyping(
        touser=_spoken(shop), command="Typing"
    ),
    users.GetUser: lambda shop: users.GetUser(openid=shop.openid),
    users.GetUsers: lambda shop: users.get_users(openids=[shop.openid, shop.other]),
    users.SetRemark: lambda shop: users.SetRemark(openid=shop.openid, remark="老客户"),
    users.BlockUsers: lambda shop: users.BlockUsers(openid_list=[shop.openid]),
    users.UnblockUsers: lambda shop: users.UnblockUsers(openid_list=[shop.openid]),
    users.ConvertOpenIDs: lambda shop: users.ConvertOpenIDs(
        from_appid="wx00000000000000bb", openid_list=[shop.openid]
    ),
    tags.CreateTag: lambda shop: tags.CreateTag(tag=tags.NamedTag(name="vip")),
    tags.RenameTag: lambda shop: tags.RenameTag(tag=tags.RenamedTag(id=shop.tag(), name="金卡")),
    tags.DeleteTag: lambda shop: tags.DeleteTag(tag=tags.TagReference(id=shop.tag())),
    tags.ListTagged: lambda shop: tags.ListTagged(tagid=_tagged(shop)),
    tags.TagUsers: lambda shop: tags.TagUsers(openid_list=[shop.openid], tagid=shop.tag()),
    tags.UntagUsers: lambda shop: tags.UntagUsers(openid_list=[shop.openid], tagid=_tagged(shop)),
    tags.GetTagsOfUser: lambda shop: tags.GetTagsOfUser(openid=shop.openid),
    qrcodes.CreateQRCode: lambda shop: qrcodes.CreateQRCode(
        action_name="QR_STR_SCENE",
        action_info=qrcodes.ActionInfo(scene=qrcodes.Scene(scene_str="door")),
        expire_seconds=60,
    ),
    qrcodes.ShowQRCode: lambda shop: qrcodes.ShowQRCode(ticket=shop.ticket()),
    qrcodes.CreateShortKey: lambda shop: qrcodes.CreateShortKey(long_data="shop=1"),
    qrcodes.ReadShortKey: lambda shop: qrcodes.ReadShortKey(short_key=_short_key(shop)),
    qrcodes.ShortenUrl: lambda shop: qrcodes.ShortenUrl(long_url="https://example.com/a"),
    oauth.ExchangeCode: lambda shop: oauth.ExchangeCode(code=shop.code()),
    oauth.RefreshWebToken: lambda shop: oauth.RefreshWebToken(refresh_token=shop.web_token().refresh_token),
    oauth.GetWebUser: lambda shop: oauth.GetWebUser(**_web(shop)),
    oauth.CheckWebToken: lambda shop: oauth.CheckWebToken(**_web(shop)),
    tickets.GetTicket: lambda shop: tickets.GetTicket(type="jsapi"),
    media.UploadMedia: lambda shop: media.UploadMedia(type="image", media=Upload(PNG, "a.png")),
    media.GetMedia: lambda shop: media.GetMedia(media_id=shop.file(permanent=False)),
    media.GetVoice: lambda shop: media.GetVoice(
        media_id=js_sdk.upload(shop.world, shop.state, "voice", b"#!AMR\n" + bytes(32))
    ),
    media.UploadImage: lambda shop: media.UploadImage(media=Upload(PNG, "a.png")),
    mass.UploadNews: lambda shop: mass.UploadNews(articles=[shop.article()]),
    mass.UploadMassVideo: lambda shop: mass.UploadMassVideo(media_id=shop.file("video", MP4)),
    mass.SendMass: lambda shop: mass_text(content="你好", to_all=True),
    mass.SendMassToUsers: lambda shop: text_to_users(openids=[shop.openid, shop.other], content="你好"),
    mass.PreviewMass: lambda shop: preview_text(openid=shop.openid, content="你好"),
    mass.DeleteMass: lambda shop: mass.DeleteMass(msg_id=shop.mass_sent()),
    mass.GetMassStatus: lambda shop: mass.GetMassStatus(msg_id=shop.mass_sent()),
    mass.GetMassSpeed: lambda shop: (shop.perform(mass.SetMassSpeed(speed=2)), mass.GetMassSpeed())[1],
    mass.SetMassSpeed: lambda shop: mass.SetMassSpeed(speed=2),
    subscriptions.SendOneTime: _one_time,
    subscriptions.ListNoticeTitles: lambda shop: subscriptions.notice_titles(category_ids=[612]),
    subscriptions.GetNoticeKeywords: lambda shop: subscriptions.GetNoticeKeywords(tid=NOTICE),
    subscriptions.AddNoticeTemplate: lambda shop: subscriptions.AddNoticeTemplate(
        tid=NOTICE, kidList=NOTICE_KEYWORDS
    ),
    subscriptions.DeleteNoticeTemplate: lambda shop: subscriptions.DeleteNoticeTemplate(
        priTmplId=shop.notice()
    ),
    subscriptions.SendNotice: _notice,
    material.AddMaterial: lambda shop: material.AddMaterial(type="image", media=Upload(PNG, "a.png")),
    material.GetMaterial: lambda shop: material.GetMaterial(media_id=shop.draft()),
    material.DeleteMaterial: lambda shop: material.DeleteMaterial(media_id=shop.file()),
    material.ListMaterial: lambda shop: (shop.cover(), material.ListMaterial(type="image"))[1],
    material.AddNews: lambda shop: material.AddNews(
        articles=[material.NewsArticle(title="旧", thumb_media_id=shop.cover(), content="<p>旧</p>")]
    ),
    material.UpdateNews: lambda shop: material.UpdateNews(
        media_id=shop.draft(),
        articles=material.NewsArticle(title="旧", thumb_media_id=shop.cover(), content="<p>旧</p>"),
    ),
    drafts.AddDraft: lambda shop: drafts.AddDraft(articles=[shop.article()]),
    drafts.GetDraft: lambda shop: drafts.GetDraft(media_id=shop.draft()),
    drafts.DeleteDraft: lambda shop: drafts.DeleteDraft(media_id=shop.draft()),
    drafts.UpdateDraft: lambda shop: drafts.UpdateDraft(media_id=shop.draft(), articles=shop.article()),
    drafts.GetProductCard: lambda shop: drafts.GetProductCard(
        product_id="1", article_type="news", card_type=0
    ),
    publishing.SubmitDraft: lambda shop: publishing.SubmitDraft(media_id=shop.draft()),
    publishing.GetPublishStatus: lambda shop: publishing.GetPublishStatus(
        publish_id=shop.published()[0].publish_id
    ),
    publishing.DeletePublished: lambda shop: publishing.DeletePublished(article_id=shop.article_id()),
    publishing.GetPublished: lambda shop: publishing.GetPublished(article_id=shop.article_id()),
    comments.OpenComments: lambda shop: comments.OpenComments(msg_data_id=shop.published()[1]),
    comments.CloseComments: lambda shop: comments.CloseComments(msg_data_id=shop.published()[1]),
    comments.ListComments: lambda shop: comments.ListComments(msg_data_id=shop.comment()["msg_data_id"]),
    comments.SelectComment: lambda shop: comments.SelectComment(**shop.comment()),
    comments.UnselectComment: lambda shop: comments.UnselectComment(**shop.comment()),
    comments.DeleteComment: lambda shop: comments.DeleteComment(**shop.comment()),
    comments.ReplyToComment: lambda shop: comments.ReplyToComment(**shop.comment(), content="谢谢"),
    comments.DeleteCommentReply: lambda shop: comments.DeleteCommentReply(**_answered(shop)),
    customer_service.AddAgent: lambda shop: customer_service.AddAgent(
        kf_account="helper@shop", nickname="小助手"
    ),
    customer_service.UpdateAgent: lambda shop: customer_service.UpdateAgent(
        kf_account=shop.agent(), nickname="小张"
    ),
    customer_service.DeleteAgent: lambda shop: customer_service.DeleteAgent(kf_account=shop.agent()),
    customer_service.InviteAgent: lambda shop: customer_service.InviteAgent(
        kf_account=new_agent(shop), invite_wx="bob"
    ),
    customer_service.UploadAgentPortrait: lambda shop: customer_service.UploadAgentPortrait(
        kf_account=shop.agent(), media=Upload(JPG, "a.jpg")
    ),
    customer_service.CreateSession: lambda shop: customer_service.CreateSession(
        kf_account=shop.agent(), openid=shop.openid
    ),
    customer_service.CloseSession: lambda shop: customer_service.CloseSession(**shop.session()),
    customer_service.GetSession: lambda shop: customer_service.GetSession(openid=shop.session()["openid"]),
    customer_service.ListSessions: lambda shop: customer_service.ListSessions(
        kf_account=shop.session()["kf_account"]
    ),
    customer_service.GetRecords: lambda shop: customer_service.GetRecords(
        starttime=int(NOON) - 600, endtime=int(NOON)
    ),
    customer_service.GetOldRecords: lambda shop: customer_service.GetOldRecords(
        starttime=int(NOON) - 600, endtime=int(NOON), pagesize=10, pageindex=1
    ),
    publisher.GetSlotStatistics: lambda shop: publisher.GetSlotStatistics(**_period()),
    publisher.GetRebateStatistics: lambda shop: publisher.GetRebateStatistics(**_period()),
    publisher.GetSettlements: lambda shop: publisher.GetSettlements(**_period()),
    ai.SubmitVoice: _voice,
    ai.QueryVoice: lambda shop: (shop.perform(_voice(shop)), ai.QueryVoice(voice_id="v1"))[1],
    ai.Translate: lambda shop: ai.Translate(lfrom="zh_CN", lto="en_US", content="你好"),
    **{kind: _seen(kind) for kind in (*_TAUGHT, *_LOOKED_AT)},
}


def new_agent(shop: Shop) -> str:
    """An agent to whom nobody is bound yet."""
    shop.perform(customer_service.AddAgent(kf_account="new@shop", nickname="新人"))
    return "new@shop"


NEVER_SUCCEEDS: Final[dict[type[Call[Any]], tuple[int, str]]] = {
    material.AddNews: (45106, "withdrawn by WeChat"),
    qrcodes.ShortenUrl: (45106, "withdrawn by WeChat"),
    material.UpdateNews: (45106, "withdrawn by WeChat"),
    customer_service.GetOldRecords: (45106, "withdrawn by WeChat"),
    users.ConvertOpenIDs: (63183, "no account of the platform was migrated into another"),
    publisher.GetSlotStatistics: (2009, "no account of the platform shows advertisements"),
    publisher.GetRebateStatistics: (2009, "no account of the platform shows advertisements"),
    publisher.GetSettlements: (2009, "no account of the platform shows advertisements"),
}
"""Call → the code that it always gets here, and why."""
