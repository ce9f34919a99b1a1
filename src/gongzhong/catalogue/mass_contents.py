"""What a mass send carries: the contents that sending by tag, sending by OpenID and previewing share.

The base class of those calls lives here rather than in the chapter, because it is no call by itself.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from .fields import MediaID, Violation, coded
from .model import Acknowledged, Call

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
