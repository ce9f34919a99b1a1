"""QR codes and short keys (账号管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import qrcodes as catalogue
from ..world import qrcodes
from ..world.refusal import Refusal
from .registry import Caller, answers

PERMANENT = "QR_LIMIT"
RETIRED = 45106


@answers(catalogue.CreateQRCode)
def create_qr_code(caller: Caller, call: catalogue.CreateQRCode) -> catalogue.QRCodeTicket:
    world, wanted = caller.world, call.action_info.scene
    scene = wanted.scene_str if "STR" in call.action_name else wanted.scene_id
    assert scene is not None  # cross_check of the call sees to it
    lifetime = None
    if not call.action_name.startswith(PERMANENT):
        lifetime = call.expire_seconds or world.rules.qr_default_lifetime_s
    code = qrcodes.create(world, caller.account, scene, lifetime)
    return catalogue.QRCodeTicket(ticket=code.ticket, url=code.url, expire_seconds=lifetime)


@answers(catalogue.CreateShortKey)
def create_short_key(caller: Caller, call: catalogue.CreateShortKey) -> catalogue.ShortKey:
    lifetime = call.expire_seconds or caller.world.rules.short_key_lifetime_s
    return catalogue.ShortKey(
        short_key=qrcodes.shorten(caller.world, caller.account, call.long_data, lifetime)
    )


@answers(catalogue.ReadShortKey)
def read_short_key(caller: Caller, call: catalogue.ReadShortKey) -> catalogue.LongData:
    text, made, left = qrcodes.lengthen(caller.world, caller.account, call.short_key)
    return catalogue.LongData(long_data=text, create_time=made, expire_seconds=left)


@answers(catalogue.ShortenUrl)
def shorten_url(caller: Caller, call: catalogue.ShortenUrl) -> catalogue.ShortUrl:
    raise Refusal(RETIRED)
