"""Mass sending (群发): one message to all followers, to a tag, or to a list of OpenIDs.

An accepted call is only a submitted job: the event MASSSENDJOBFINISH says later what came of it. A subscription
account sends once a day; every follower of a service account receives at most four a month.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from . import limits
from .articles import Article
from .fields import MediaID, Violation, always, coded
from .mass_contents import Flag, MassCall, MassMedia, MassSent
from .model import TEST, VERIFIED, VERIFIED_SERVICE, Call, Ok, Repeat, Reply, Spec

ClientMsgID = Annotated[str, coded(invalid=45067, certain=False, max_bytes=limits.MASS_CLIENT_MSG_ID_BYTES)]
MsgID = Annotated[int, coded(invalid=40059, missing=40059)]
NO_SUCH_TAG = 40152


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
        daily=limits.MASS_NEWS_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40007, 44003, 45002, 45003, 45004, 45005, 45008, 45110, 45166),
    )
    articles: Annotated[
        list[Article],
        coded(invalid=45008, missing=44003, min_length=1, max_length=limits.MASS_ARTICLES),
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
        daily=limits.MASS_DAILY,
        per_minute=limits.MASS_PER_MINUTE,
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
        daily=limits.MASS_DAILY,
        per_minute=limits.MASS_PER_MINUTE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(
            *(-1, 40001, 40007, 40031, 40032, 40130, 42010, 45028, 45062, 45065, 45066, 45067, 45113),
            *(45162, 48001, 48008, 48021, 48022, 89504, 89505, 9500002),
        ),
    )
    wrong_type: ClassVar[int] = 45162

    touser: Annotated[
        list[Annotated[str, coded(invalid=40031, min_length=1, max_length=limits.OPENID_LENGTH)]],
        coded(invalid=40032, missing=40032, max_length=limits.MASS_OPENIDS_MAX),
    ]
    send_ignore_reprint: Flag | None = None
    clientmsgid: ClientMsgID | None = None

    def cross_check(self) -> Violation | None:
        if len(self.touser) >= limits.MASS_OPENIDS_MIN:
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
        daily=limits.MASS_PREVIEW_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 40007, 40008, 40132, 43004, 45009),
    )
    returns: ClassVar[type[MassSent]] = MassPreviewed

    touser: Annotated[str, coded(invalid=40003, max_length=limits.OPENID_LENGTH)] | None = None
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
        daily=limits.MASS_DELETE_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40059, 40060, 40065, 40204, 9500001),
    )
    msg_id: MsgID | None = None
    article_idx: Annotated[int, coded(invalid=40060, ge=0, le=limits.MASS_ARTICLES)] | None = None
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
    speed: Annotated[int, coded(invalid=45083, missing=45084, ge=0, le=limits.MASS_SPEED_MAX)]
