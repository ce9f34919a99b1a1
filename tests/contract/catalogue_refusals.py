"""What single calls are refused for: for each call and return code, a way to meet it in the course of things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gongzhong import facts
from gongzhong.catalogue import (
    base,
    comments,
    customer_messages,
    drafts,
    mass,
    material,
    media,
    menus,
    oauth,
    publishing,
    qrcodes,
    subscriptions,
    tags,
    templates,
    users,
)
from gongzhong.catalogue.mass import MassCard, MassMedia, mass_text
from gongzhong.catalogue.model import Upload
from gongzhong.platform.world import articles
from gongzhong.platform.world.settings import MassSettings
from gongzhong.testing import PNG

from .catalogue_calls import SUCCEEDS
from .catalogue_desk import DESK, RECOGNITION, STATISTICS
from .catalogue_mutations import without
from .catalogue_rules import article_rules, menu_rules, upload_rules
from .catalogue_steps import (
    AnyCall,
    Provocation,
    Provocations,
    again,
    before,
    having,
    later,
    performing,
    putting,
    rules,
    settings,
    twice,
)
from .catalogue_world import Shop


def _alice_leaves(shop: Shop) -> None:
    shop.alice.unfollows(shop.oa)


def _alice_refuses(shop: Shop) -> None:
    shop.world.db.run("UPDATE relation SET refuses = 1 WHERE person = 'alice'")


def _foreign_rid(shop: Shop) -> str:
    neighbour = shop.platform.client(shop.neighbour())
    try:
        neighbour.tags.delete(id=999)
    except Exception as refused:
        return str(getattr(refused, "rid", ""))
    raise AssertionError("nothing was refused")


def _ban(shop: Shop) -> None:
    """WeChat takes every article off the web."""
    for entry in shop.perform(publishing.ListPublished()).item:
        articles.ban(shop.world, articles.find(shop.world, shop.state, entry.article_id))


def _withdraw_comments(shop: Shop) -> None:
    shop.world.db.run("UPDATE comment SET withdrawn = 1")


def _comments(*kinds: AnyCall) -> dict[AnyCall, Provocations]:
    return {kind: {88000: again(kind, settings(comments=False)), 88002: again(kind, _ban)} for kind in kinds}


def _quiet_typing(shop: Shop) -> object:
    return shop.perform(customer_messages.SetTyping(touser=shop.openid, command="Typing"))


def _tag_full(shop: Shop) -> object:
    rules(tags_per_user=0)(shop)
    return shop.perform(tags.TagUsers(openid_list=[shop.openid, shop.other], tagid=shop.tag()))


def _tagging(kind: AnyCall) -> Provocations:
    return {
        45058: having(kind, tagid=1),
        49003: performing(lambda shop: kind(openid_list=[shop.stranger], tagid=shop.tag())),
    }


def _mass(kind: AnyCall) -> Provocations:
    return {
        40007: having(kind, msgtype="mpnews", mpnews=MassMedia(media_id="nothing")),
        45065: again(kind, _yesterdays(kind)),
        45113: having(kind, msgtype="wxcard", wxcard=MassCard(card_id="pCard")),
    }


def _yesterdays(kind: AnyCall) -> Callable[[Shop], None]:
    """The same was sent an hour ago."""

    def send(shop: Shop) -> None:
        shop.perform(SUCCEEDS[kind](shop))
        shop.clock.advance(hours=1)

    return send


def _protected(shop: Shop) -> object:
    shop.change(mass=MassSettings(protected=True))
    shop.perform(mass_text(content="一", to_all=True))
    return shop.perform(mass_text(content="二", to_all=True))


def _web_token(kind: AnyCall, value: Callable[[Shop], str]) -> Provocation:
    return lambda shop: shop.perform(kind(access_token=value(shop), openid=shop.openid))


def _customer_messages() -> Provocations:
    kind = customer_messages.SendCustomerMessage
    card = customer_messages.Article(title="一", url="https://example.com/")
    nothing = customer_messages.MediaContent(media_id="nothing")
    agent = customer_messages.Agent(kf_account="nobody@shop")
    mini = {"title": "小程序", "appid": [], "pagepath": "a", "thumb_media_id": "x"}
    block = performing(lambda shop: users.BlockUsers(openid_list=[shop.openid]))
    return {
        40007: having(kind, msgtype="image", image=nothing),
        40013: putting(kind, "miniprogrampage", value=mini),
        43004: again(kind, _alice_leaves),
        43019: again(kind, block),
        45008: having(kind, msgtype="news", news=customer_messages.NewsContent(articles=[card, card])),
        45015: again(kind, later(hours=49)),
        48002: again(kind, _alice_refuses),
        53600: having(
            kind,
            msgtype="mpnewsarticle",
            mpnewsarticle=customer_messages.PublishedArticle(article_id="nothing"),
        ),
        61452: having(kind, customservice=agent),
    }


def _crowded(shop: Shop) -> int:
    """A tag that more carry than may when it is deleted."""
    rules(tag_delete_limit=0)(shop)
    tag = shop.tag()
    shop.perform(tags.TagUsers(openid_list=[shop.openid], tagid=tag))
    return tag


def _used_cover(shop: Shop) -> str:
    article = shop.article()
    shop.draft(article)
    return article.thumb_media_id or ""


SPECIFIC: Final[dict[AnyCall, Provocations]] = {
    base.GetToken: {40164: before(base.GetToken, settings(ip_allow_list=["10.0.0.1"]))},
    base.GetStableToken: {40164: before(base.GetStableToken, settings(ip_allow_list=["10.0.0.1"]))},
    base.CheckCallback: {40201: before(base.CheckCallback, settings(url=""))},
    base.ClearQuota: {48006: before(base.ClearQuota, rules(clear_quota_per_month=0))},
    base.ClearQuotaBySecret: {48006: before(base.ClearQuotaBySecret, rules(clear_quota_per_month=0))},
    base.ClearApiQuota: {48006: before(base.ClearApiQuota, rules(clear_one_quota_per_month=0))},
    base.GetRid: {
        76001: having(base.GetRid, rid="6a1f2b3c-1a2b3c4d-5e6f7a8b"),
        76003: performing(lambda shop: base.GetRid(rid=_foreign_rid(shop))),
        76004: again(base.GetRid, later(days=8)),
    },
    base.GetOpenAccount: {
        40013: having(base.GetOpenAccount, appid="wx00000000000000bb"),
        89002: performing(lambda shop: base.GetOpenAccount()),
    },
    menus.CreateMenu: menu_rules(menus.CreateMenu),
    menus.GetMenu: {46003: performing(lambda shop: menus.GetMenu())},
    menus.AddConditionalMenu: {
        **menu_rules(menus.AddConditionalMenu),
        53600: putting(menus.AddConditionalMenu, "button", 0, value={"type": "article_id", "name": "文章"}),
        65303: again(menus.AddConditionalMenu, performing(lambda shop: menus.DeleteMenu())),
        65316: having(
            menus.AddConditionalMenu,
            button=[
                menus.Button(
                    name="菜单",
                    sub_button=[
                        menus.SubButton(type="view", name="看", url=f"https://{host}.example.com/")
                        for host in "abcd"
                    ],
                )
            ],
        ),
    },
    templates.SetIndustry: {43100: twice(templates.SetIndustry)},
    templates.AddTemplate: {45026: before(templates.AddTemplate, rules(templates_in_use=0))},
    templates.SendTemplate: {
        40013: putting(templates.SendTemplate, "miniprogram", value={"appid": []}),
        40039: putting(templates.SendTemplate, "url", value={}),
        40165: putting(templates.SendTemplate, "miniprogram", value={"appid": "wx1", "pagepath": []}),
        43004: again(templates.SendTemplate, _alice_leaves),
    },
    customer_messages.SendCustomerMessage: _customer_messages(),
    customer_messages.SetTyping: {
        45080: _quiet_typing,
        45081: twice(customer_messages.SetTyping),
    },
    users.SetRemark: {43004: again(users.SetRemark, _alice_leaves)},
    users.ListBlocked: {49003: performing(lambda shop: users.ListBlocked(begin_openid=shop.stranger))},
    users.BlockUsers: {49003: performing(lambda shop: users.BlockUsers(openid_list=[shop.stranger]))},
    users.UnblockUsers: {49003: performing(lambda shop: users.UnblockUsers(openid_list=[shop.stranger]))},
    tags.CreateTag: {45056: before(tags.CreateTag, rules(tags_per_account=0))},
    tags.DeleteTag: {
        45057: performing(lambda shop: tags.DeleteTag(tag=tags.TagReference(id=_crowded(shop))))
    },
    tags.TagUsers: {
        **_tagging(tags.TagUsers),
        45059: before(tags.TagUsers, rules(tags_per_user=0)),
        45171: _tag_full,
    },
    tags.UntagUsers: _tagging(tags.UntagUsers),
    tags.GetTagsOfUser: {49003: performing(lambda shop: tags.GetTagsOfUser(openid=shop.stranger))},
    qrcodes.CreateQRCode: {
        45029: before(qrcodes.ShowQRCode, rules(permanent_qr_codes=0)),
    },
    oauth.ExchangeCode: {
        40163: twice(oauth.ExchangeCode),
        42003: again(oauth.ExchangeCode, later(seconds=301)),
    },
    oauth.RefreshWebToken: {
        42002: again(oauth.RefreshWebToken, later(days=31)),
        42007: again(oauth.RefreshWebToken, lambda shop: shop.alice.revokes("202", of=shop.oa)),
    },
    oauth.GetWebUser: {
        40001: _web_token(oauth.GetWebUser, lambda shop: shop.world.ids.token()),
        40014: _web_token(oauth.GetWebUser, lambda shop: "nonsense"),
        41001: lambda shop: shop.tampered(SUCCEEDS[oauth.GetWebUser](shop), without("access_token")),
        42001: again(oauth.GetWebUser, later(hours=3)),
    },
    oauth.CheckWebToken: {40001: _web_token(oauth.CheckWebToken, lambda shop: shop.world.ids.token())},
    media.UploadMedia: upload_rules(media.UploadMedia, permanent=False),
    media.UploadImage: {
        40005: having(media.UploadImage, media=Upload(b"GIF89a", "a.gif")),
        40009: having(media.UploadImage, media=Upload(PNG + bytes(facts.ARTICLE_IMAGE_BYTES), "a.png")),
    },
    mass.UploadNews: article_rules(mass.UploadNews, lambda article: [article]),
    mass.SendMass: {**_mass(mass.SendMass), 89504: _protected},
    mass.SendMassToUsers: _mass(mass.SendMassToUsers),
    mass.PreviewMass: {
        40007: having(mass.PreviewMass, msgtype="mpnews", mpnews=MassMedia(media_id="nothing")),
        43004: again(mass.PreviewMass, _alice_leaves),
    },
    mass.GetMassSpeed: {45084: performing(lambda shop: mass.GetMassSpeed())},
    subscriptions.SendOneTime: {
        40013: putting(subscriptions.SendOneTime, "miniprogram", value={"appid": []})
    },
    subscriptions.AddNoticeTemplate: {
        200012: before(subscriptions.AddNoticeTemplate, rules(notice_templates=0)),
        200013: having(subscriptions.AddNoticeTemplate, tid="3202"),
    },
    subscriptions.SendNotice: {40013: putting(subscriptions.SendNotice, "miniprogram", value={"appid": []})},
    material.AddMaterial: upload_rules(material.AddMaterial, permanent=True),
    material.DeleteMaterial: {
        48005: performing(lambda shop: material.DeleteMaterial(media_id=_used_cover(shop)))
    },
    drafts.AddDraft: article_rules(drafts.AddDraft, lambda article: [article]),
    drafts.UpdateDraft: article_rules(drafts.UpdateDraft, lambda article: article),
    **_comments(
        comments.OpenComments,
        comments.CloseComments,
        comments.ListComments,
        comments.SelectComment,
        comments.UnselectComment,
        comments.DeleteComment,
        comments.ReplyToComment,
        comments.DeleteCommentReply,
    ),
    **STATISTICS,
    **DESK,
    **RECOGNITION,
}
"""Call → return code → how to meet it."""

SPECIFIC[comments.SelectComment] |= {
    88003: before(comments.SelectComment, rules(selected_comments=0)),
    88004: again(comments.SelectComment, _withdraw_comments),
}
SPECIFIC[comments.UnselectComment] |= {88004: again(comments.UnselectComment, _withdraw_comments)}
