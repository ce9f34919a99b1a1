"""A reply as a customer-service message (发送客服消息): the same content through the API."""

from __future__ import annotations

from ..catalogue.customer_messages import (
    SendCustomerMessage,
    image_message,
    music_message,
    news_message,
    text_message,
    video_message,
    voice_message,
)
from ..messages import ImageReply, MusicReply, NewsReply, Reply, TextReply, VideoReply, VoiceReply
from .courier import NoForm


def as_customer_message(openid: str, reply: Reply) -> SendCustomerMessage:
    """The call that shows `reply` to a user. Articles must come one at a time.

    Raises NoForm for what can only be a passive reply, such as a transfer to an agent.
    """
    match reply:
        case TextReply():
            return text_message(touser=openid, content=reply.content)
        case ImageReply():
            return image_message(touser=openid, media_id=reply.media_id)
        case VoiceReply():
            return voice_message(touser=openid, media_id=reply.media_id)
        case VideoReply():
            return video_message(
                touser=openid, media_id=reply.media_id, title=reply.title, description=reply.description
            )
        case MusicReply():
            return _music(openid, reply)
        case NewsReply(articles=(article,)):
            return news_message(
                touser=openid,
                title=article.title,
                url=article.url,
                description=article.description,
                picurl=article.pic_url,
            )
    raise NoForm(
        f"{type(reply).__name__} 没有对应的客服消息 / {type(reply).__name__} has no customer-service form"
    )


def _music(openid: str, reply: MusicReply) -> SendCustomerMessage:
    return music_message(
        touser=openid,
        musicurl=reply.music_url or "",
        thumb_media_id=reply.thumb_media_id,
        title=reply.title or "",
        description=reply.description or "",
        hqmusicurl=reply.hq_music_url or "",
    )
