"""Mass sends of one kind of content in one line: what the client offers beside the calls themselves."""

from __future__ import annotations

from ..errors import say
from .mass import Audience, PreviewMass, SendMass, SendMassToUsers
from .mass_contents import MassImages, MassMedia, MassText, MassVideo


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
