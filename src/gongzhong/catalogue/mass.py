"""Mass sending (群发): one message to all followers, to a tag, or to a list of OpenIDs.

An accepted call is only a submitted job: the event MASSSENDJOBFINISH says later what came of it. A subscription
account sends once a day; every follower of a service account receives at most four a month.

Sending by tag, sending by OpenID and previewing share their contents (`MassCall`). The functions at the end build the
calls for one kind of content: the client offers them as methods.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from .. import facts
from ..errors import say
from .articles import Article
from .fields import MediaID, Violation, always, coded
from .model import TEST, VERIFIED, VERIFIED_SERVICE, Acknowledged, Call, Ok, Repeat, Reply, Spec

ClientMsgID = Annotated[str, coded(invalid=45067, certain=False, max_bytes=facts.MASS_CLIENT_MSG_ID_BYTES)]
MsgID = Annotated[int, coded(invalid=40059, missing=40059)]
NO_SUCH_TAG = 40152

Flag = Literal[0, 1]
MassType = Literal["mpnews", "text", "voice", "image", "mpvideo", "wxcard", "music", "video"]
"""`music` exists in previews only; `video` is what the page of sending by OpenID calls `mpvideo`."""

WRONG_TYPE = 40008


class MassSent(Acknowledged, kw_only=True, frozen=True):
    """The job was accepted; what came of it is told by the event MASSSENDJOBFINISH.

    `msg_data_id` names the articles for comments and statistics and comes with articles and pictures only.
    """

    errmsg: ClassVar[str] = "send job submission success"

    msg_id: int
    msg_data_id: int | None = None


class MassText(msgspec.Struct, kw_only=True, frozen=True):
    """Plain text."""

    content: Annotated[str, coded(invalid=44004, missing=44004, min_length=1)]


class MassMedia(msgspec.Struct, kw_only=True, frozen=True):
    """A permanent picture or voice, a draft, or a video prepared for mass sending."""

    media_id: MediaID


class MassImages(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Pictures with a word of recommendation; `msgtype` stays `image`."""

    media_ids: Annotated[list[MediaID], coded(invalid=40007, missing=41006, min_length=1)]
    recommend: str | None = None
    title: str | None = None
    need_open_comment: Flag | None = None
    only_fans_can_comment: Flag | None = None


class MassVideo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A video by the id that UploadMassVideo gave; title and description count when sending by OpenID."""

    media_id: MediaID
    title: str | None = None
    description: str | None = None


class CardExtension(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the preview of a coupon needs beside its id."""

    code: str | None = None
    openid: str | None = None
    timestamp: str | None = None
    signature: str | None = None


class MassCard(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A coupon. Mass sends of coupons are refused now (45113); `card_ext` may come as an object or as its JSON."""

    card_id: Annotated[str, coded(missing=40008)]
    card_ext: CardExtension | str | None = None


class MassCall(Call[MassSent], kw_only=True, frozen=True, omit_defaults=True):
    """The content stands in the field named like `msgtype`; several pictures in `images`."""

    wrong_type: ClassVar[int] = WRONG_TYPE

    msgtype: Annotated[MassType, coded(invalid=WRONG_TYPE, missing=WRONG_TYPE)]
    mpnews: MassMedia | None = None
    text: MassText | None = None
    voice: MassMedia | None = None
    image: MassMedia | None = None
    images: MassImages | None = None
    mpvideo: MassVideo | None = None
    wxcard: MassCard | None = None

    @property
    def kind(self) -> str:
        """`msgtype`, with the page's other word for a video put right."""
        return "mpvideo" if self.msgtype == "video" else self.msgtype

    def cross_check(self) -> Violation | None:
        """The pairing of msgtype and object."""
        present = self.kind != "image" or self.images is None
        if not present or getattr(self, self.kind, None) is not None:
            return None
        zh = f"msgtype 是 {self.msgtype}, 却没有 {self.kind}"
        en = f"msgtype is {self.msgtype}, but there is no {self.kind}"
        return Violation(path=self.kind, code=self.wrong_type, zh=zh, en=en)


class MassUploaded(Reply, kw_only=True, frozen=True):
    """Id to mass-send; `created_at` in unix seconds."""

    type: str = always("")
    media_id: str
    created_at: int | None = None


class UploadNews(Call[MassUploaded], kw_only=True, frozen=True):
    """Prepare one to eight articles for mass sending (上传图文消息素材); a draft's media_id does as well."""

    spec = Spec(
        "POST",
        "/cgi-bin/media/uploadnews",
        document="上传图文消息素材",
        accounts=VERIFIED | TEST,
        daily=facts.MASS_NEWS_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40007, 44003, 45002, 45003, 45004, 45005, 45008, 45110, 45166),
    )
    articles: Annotated[
        list[Article],
        coded(invalid=45008, missing=44003, min_length=1, max_length=facts.MASS_ARTICLES),
    ]


class UploadMassVideo(Call[MassUploaded], kw_only=True, frozen=True):
    """Prepare a permanent video for mass sending (上传群发视频素材)."""

    spec = Spec(
        "POST",
        "/cgi-bin/media/uploadvideo",
        document="上传群发视频素材",
        accounts=VERIFIED | TEST,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID
    title: str | None = None
    description: str | None = None


class Audience(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Everybody, or the carriers of a tag (`group_id` on old pages)."""

    is_to_all: bool = False
    tag_id: Annotated[int, coded(invalid=NO_SUCH_TAG)] | None = None
    group_id: Annotated[int, coded(invalid=NO_SUCH_TAG)] | None = None

    @property
    def tag(self) -> int | None:
        return self.group_id if self.tag_id is None else self.tag_id

    def cross_check(self) -> Violation | None:
        if self.is_to_all or self.tag is not None:
            return None
        zh, en = "is_to_all 不是 true 时要给 tag_id", "tag_id is needed unless is_to_all is true"
        return Violation(path="tag_id", code=NO_SUCH_TAG, zh=zh, en=en)


class SendMass(MassCall, kw_only=True, frozen=True, omit_defaults=True):
    """Send one message to all followers or to a tag (根据标签群发消息).

    Without `clientmsgid` WeChat makes one from audience and content: the same send twice within 24 hours is
    refused with 45065. `send_ignore_reprint` 1 goes on when an article is judged a permitted reprint.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/sendall",
        document="根据标签群发消息",
        accounts=VERIFIED | TEST,
        daily=facts.MASS_DAILY,
        per_minute=facts.MASS_PER_MINUTE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(
            *(-1, 40001, 40007, 40008, 40152, 42010, 45028, 45062, 45065, 45066, 45067, 45113, 45159),
            *(48001, 48008, 48021, 48022, 89504, 89505, 268488001),
        ),
    )
    filter: Annotated[Audience, coded(missing=NO_SUCH_TAG)]
    send_ignore_reprint: Flag | None = None
    clientmsgid: ClientMsgID | None = None


class SendMassToUsers(MassCall, kw_only=True, frozen=True, omit_defaults=True):
    """Send one message to 2 to 10,000 followers by OpenID (根据OpenID群发消息); service accounts only."""

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/send",
        document="根据OpenID群发消息",
        accounts=VERIFIED_SERVICE,
        daily=facts.MASS_DAILY,
        per_minute=facts.MASS_PER_MINUTE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(
            *(-1, 40001, 40007, 40031, 40032, 40130, 42010, 45028, 45062, 45065, 45066, 45067, 45113),
            *(45162, 48001, 48008, 48021, 48022, 89504, 89505, 9500002),
        ),
    )
    wrong_type: ClassVar[int] = 45162

    touser: Annotated[
        list[Annotated[str, coded(invalid=40031, min_length=1, max_length=facts.OPENID_LENGTH)]],
        coded(invalid=40032, missing=40032, max_length=facts.MASS_OPENIDS_MAX),
    ]
    send_ignore_reprint: Flag | None = None
    clientmsgid: ClientMsgID | None = None

    def cross_check(self) -> Violation | None:
        if len(self.touser) >= facts.MASS_OPENIDS_MIN:
            return super().cross_check()
        zh, en = "OpenID 至少要 2 个", "at least two OpenIDs"
        return Violation(path="touser", code=40130, zh=f"touser {zh}", en=f"touser: {en}")


class MassPreviewed(MassSent, kw_only=True, frozen=True):
    """The preview was delivered; newer answers have no `msg_id`, which is 0 then."""

    errmsg: ClassVar[str] = "preview success"

    msg_id: int = always(0)


class PreviewMass(MassCall, kw_only=True, frozen=True, omit_defaults=True):
    """Show a mass message to one follower first (预览消息), 100 times a day.

    `towxname`, a WeChat id, wins over `touser`.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/preview",
        document="预览消息",
        accounts=VERIFIED | TEST,
        daily=facts.MASS_PREVIEW_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 40007, 40008, 40132, 43004, 45009),
    )
    returns: ClassVar[type[MassSent]] = MassPreviewed

    touser: Annotated[str, coded(invalid=40003, max_length=facts.OPENID_LENGTH)] | None = None
    towxname: Annotated[str, coded(invalid=40132, min_length=1)] | None = None
    music: MassMedia | None = None

    def cross_check(self) -> Violation | None:
        if self.touser or self.towxname:
            return super().cross_check()
        zh, en = "touser 和 towxname 要给一个", "one of touser and towxname is needed"
        return Violation(path="touser", code=40003, zh=zh, en=en)


class DeleteMass(Call[Ok], kw_only=True, frozen=True):
    """Make a sent article or video unavailable (删除群发消息); the card that was received stays.

    One of `msg_id` and `url`; with both only `msg_id` counts. `article_idx` counts from 1, 0 means all, and
    works with `msg_id` only.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/delete",
        document="删除群发消息",
        accounts=VERIFIED | TEST,
        daily=facts.MASS_DELETE_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40059, 40060, 40065, 40204, 9500001),
    )
    msg_id: MsgID | None = None
    article_idx: Annotated[int, coded(invalid=40060, ge=0, le=facts.MASS_ARTICLES)] | None = None
    url: str | None = None

    def cross_check(self) -> Violation | None:
        if self.msg_id is not None or self.url:
            return None
        zh, en = "msg_id 和 url 要给一个", "one of msg_id and url is needed"
        return Violation(path="msg_id", code=40059, zh=zh, en=en)


class MassStatus(Reply, kw_only=True, frozen=True):
    """`msg_status` is SEND_SUCCESS, SENDING, SEND_FAIL or DELETE; the counts come with the event only."""

    msg_id: int
    msg_status: str


class GetMassStatus(Call[MassStatus], kw_only=True, frozen=True):
    """Ask how far a mass send is (查询群发消息发送状态)."""

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/get",
        document="查询群发消息发送状态",
        accounts=VERIFIED | TEST,
        errors=(-1, 40001, 40059, 89504, 89505),
    )
    msg_id: MsgID


class MassSpeed(Reply, kw_only=True, frozen=True):
    """Level 0 to 4, and what it means in units of 10,000 a minute."""

    speed: int
    realspeed: int | None = None


class GetMassSpeed(Call[MassSpeed], kw_only=True, frozen=True):
    """Read the speed of mass sending (获取群发速度); 45084 while it was never set."""

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/speed/get",
        document="获取群发速度",
        older_verb="GET",
        accounts=VERIFIED,
        errors=(-1, 40001, 45084, 89504, 89505),
    )


class SetMassSpeed(Call[Ok], kw_only=True, frozen=True):
    """Set the speed of mass sending (设置群发速度), in people a minute.

    0: 800,000; 1: 600,000; 2: 450,000; 3: 300,000; 4: 100,000.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/mass/speed/set",
        document="设置群发速度",
        accounts=VERIFIED,
        errors=(-1, 40001, 45083, 45084, 89504, 89505),
    )
    speed: Annotated[int, coded(invalid=45083, missing=45084, ge=0, le=facts.MASS_SPEED_MAX)]


def _audience(to_all: bool, tag_id: int | None) -> Audience:
    if to_all == (tag_id is not None):
        raise ValueError(
            say("to_all=True 与 tag_id 请二选一", "choose exactly one of to_all=True and tag_id")
        )
    return Audience(is_to_all=to_all, tag_id=tag_id)


def mass_text(
    *, content: str, to_all: bool = False, tag_id: int | None = None, clientmsgid: str | None = None
) -> SendMass:
    """Send text to all followers or to a tag (群发: 文本)."""
    return SendMass(
        filter=_audience(to_all, tag_id),
        msgtype="text",
        text=MassText(content=content),
        clientmsgid=clientmsgid,
    )


def mass_article(
    *,
    media_id: str,
    to_all: bool = False,
    tag_id: int | None = None,
    even_if_reprint: bool = False,
    clientmsgid: str | None = None,
) -> SendMass:
    """Send a draft, or articles from UploadNews, to all followers or to a tag (群发: 图文)."""
    return SendMass(
        filter=_audience(to_all, tag_id),
        msgtype="mpnews",
        mpnews=MassMedia(media_id=media_id),
        send_ignore_reprint=1 if even_if_reprint else None,
        clientmsgid=clientmsgid,
    )


def mass_images(
    *,
    media_ids: list[str],
    to_all: bool = False,
    tag_id: int | None = None,
    recommend: str | None = None,
    title: str | None = None,
    clientmsgid: str | None = None,
) -> SendMass:
    """Send permanent pictures to all followers or to a tag (群发: 图片)."""
    return SendMass(
        filter=_audience(to_all, tag_id),
        msgtype="image",
        images=MassImages(media_ids=media_ids, recommend=recommend, title=title),
        clientmsgid=clientmsgid,
    )


def mass_voice(
    *, media_id: str, to_all: bool = False, tag_id: int | None = None, clientmsgid: str | None = None
) -> SendMass:
    """Send a permanent voice message to all followers or to a tag (群发: 语音)."""
    return SendMass(
        filter=_audience(to_all, tag_id),
        msgtype="voice",
        voice=MassMedia(media_id=media_id),
        clientmsgid=clientmsgid,
    )


def mass_video(
    *, media_id: str, to_all: bool = False, tag_id: int | None = None, clientmsgid: str | None = None
) -> SendMass:
    """Send a video from UploadMassVideo to all followers or to a tag (群发: 视频)."""
    return SendMass(
        filter=_audience(to_all, tag_id),
        msgtype="mpvideo",
        mpvideo=MassVideo(media_id=media_id),
        clientmsgid=clientmsgid,
    )


def text_to_users(*, openids: list[str], content: str, clientmsgid: str | None = None) -> SendMassToUsers:
    """Send text to 2 to 10,000 followers by OpenID (根据OpenID群发: 文本)."""
    return SendMassToUsers(
        touser=openids, msgtype="text", text=MassText(content=content), clientmsgid=clientmsgid
    )


def article_to_users(*, openids: list[str], media_id: str, clientmsgid: str | None = None) -> SendMassToUsers:
    """Send a draft to 2 to 10,000 followers by OpenID (根据OpenID群发: 图文)."""
    return SendMassToUsers(
        touser=openids, msgtype="mpnews", mpnews=MassMedia(media_id=media_id), clientmsgid=clientmsgid
    )


def preview_text(*, content: str, openid: str | None = None, wechat_id: str | None = None) -> PreviewMass:
    """Show a text to one follower, by OpenID or WeChat id (预览: 文本)."""
    return PreviewMass(touser=openid, towxname=wechat_id, msgtype="text", text=MassText(content=content))


def preview_article(*, media_id: str, openid: str | None = None, wechat_id: str | None = None) -> PreviewMass:
    """Show a draft to one follower, by OpenID or WeChat id (预览: 图文)."""
    return PreviewMass(
        touser=openid, towxname=wechat_id, msgtype="mpnews", mpnews=MassMedia(media_id=media_id)
    )
