"""Intelligent interfaces (智能接口): speech to text, translation, and what is in a picture.

Fields of an answer that WeChat could not read are absent, hence optional.

Pictures come as an address or as a file; places in them are given by their corners in pixels.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

import msgspec

from .. import facts
from .codes import ReturnCode
from .fields import Violation, always, coded
from .model import VERIFIED, Acknowledged, Call, Ok, Repeat, Reply, Spec, Upload

R = TypeVar("R")

BAD_ADDRESS = 101000
NO_PICTURE = 41005
TOO_LARGE = 40009


class PictureCall(Call[R], Generic[R], kw_only=True, frozen=True):
    """A call about one picture: `img_url` is its address, `img` the file itself, at most 2 MB; one of them."""

    img_url: Annotated[str, coded(invalid=BAD_ADDRESS, pattern="^https?://.")] | None = None
    img: Upload | None = None

    def cross_check(self) -> Violation | None:
        if self.img is None and self.img_url is None:
            zh, en = "需要 img_url 或图片文件 img", "either img_url or the file img is needed"
            return Violation(path="img", code=NO_PICTURE, zh=zh, en=en)
        if self.img is not None and self.img.size > facts.PICTURE_BYTES:
            size, most = self.img.size, facts.PICTURE_BYTES
            zh, en = f"图片最大 {most} 字节, 现有 {size}", f"a picture may have {most} bytes, not {size}"
            return Violation(path="img", code=TOO_LARGE, zh=zh, en=en)
        return None


class Point(msgspec.Struct, kw_only=True, frozen=True):
    """Pixels from the left and from the top."""

    x: int
    y: int


class Corners(msgspec.Struct, kw_only=True, frozen=True):
    """Where something is, as the four corners around it."""

    left_top: Point
    right_top: Point
    right_bottom: Point
    left_bottom: Point


class Place(msgspec.Struct, kw_only=True, frozen=True):
    """Where a document lies in the picture."""

    pos: Corners


class PictureSize(msgspec.Struct, kw_only=True, frozen=True):
    """Width and height of the picture in pixels."""

    w: int
    h: int


Language = Literal["zh_CN", "en_US"]
VoiceID = Annotated[str, coded(invalid=40007, missing=41006, min_length=1, max_length=facts.MEDIA_ID_LENGTH)]
PICTURE_ERRORS = (-1, 40001, 40009, 41005, 42001, 45009, 48001, 101000, 101001, 101002, 101003)
PICTURE_CODES = {
    101002: ReturnCode(101002, "INVALID_PICTURE", "图片数据无效", "invalid picture data", "parameter"),
    101003: ReturnCode(
        101003, "NOT_ENOUGH_MARKET_QUOTA", "服务市场的调用次数不足", "not enough market quota", "quota"
    ),
}
"""As the pages have them; the global table calls the first one what the second one is."""
RATIOS = rf"^\d{{1,4}}(\.\d{{1,4}})?(,\d{{1,4}}(\.\d{{1,4}})?){{0,{facts.CROP_RATIOS - 1}}}$"
NO_FILE, VOICE_TOO_LARGE, TEXT_TOO_LONG = 41005, 40010, 45002


def _look(path: str, document: str, *, query: tuple[str, ...] = ()) -> Spec:
    """How each call about a picture is called: 100 a day are free, the rest is bought."""
    return Spec(
        "POST",
        path,
        document=document,
        accounts=VERIFIED,
        daily=facts.PICTURE_DAILY,
        file_kind="image",
        query=frozenset({"img_url", *query}),
        errors=PICTURE_ERRORS,
        codes=PICTURE_CODES,
    )


class SubmitVoice(Call[Ok], kw_only=True, frozen=True):
    """Hand in a voice to be turned into text (提交语音): mp3, 16 kHz, one channel, up to 1 MB.

    `voice_id` is yours, a new one for each voice; ask for the text with it after about ten seconds.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/media/voice/addvoicetorecofortext",
        document="提交语音",
        file_kind="voice",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        query=frozenset({"format", "voice_id", "lang"}),
        errors=(-1, 40001, 40005, 40010, 41005, 41006, 42001, 45009, 48001),
    )
    voice_id: VoiceID
    media: Annotated[Upload, coded(invalid=NO_FILE, missing=NO_FILE)]
    format: Annotated[Literal["mp3"], coded(invalid=40005)] = always("mp3")
    lang: Language = "zh_CN"

    def cross_check(self) -> Violation | None:
        if self.media.size > facts.RECOGNISED_VOICE_BYTES:
            most, size = facts.RECOGNISED_VOICE_BYTES, self.media.size
            zh, en = f"语音最大 {most} 字节, 现有 {size}", f"a voice may have {most} bytes, not {size}"
            return Violation(path="media", code=VOICE_TOO_LARGE, zh=zh, en=en)
        return None


class VoiceText(Reply, kw_only=True, frozen=True):
    """The words of a voice; empty while it is not done."""

    result: str = always("")
    is_end: bool | None = None


class QueryVoice(Call[VoiceText], kw_only=True, frozen=True):
    """Fetch the words of a voice that was handed in (获取语音识别结果)."""

    spec = Spec(
        "POST",
        "/cgi-bin/media/voice/queryrecoresultfortext",
        document="获取语音识别结果",
        accounts=VERIFIED,
        query=frozenset({"voice_id", "lang"}),
        errors=(-1, 40001, 40007, 41006, 42001, 45009, 48001),
    )
    voice_id: VoiceID
    lang: Language = "zh_CN"


class Translation(Reply, kw_only=True, frozen=True):
    """A text and its translation."""

    from_content: str
    to_content: str


class Translate(Call[Translation], kw_only=True, frozen=True):
    """Translate a text of up to 600 bytes between Chinese and English (微信翻译)."""

    spec = Spec(
        "POST",
        "/cgi-bin/media/voice/translatecontent",
        document="微信翻译",
        accounts=VERIFIED,
        query=frozenset({"lfrom", "lto"}),
        whole="content",
        errors=(-1, 40001, 42001, 44002, 45002, 45009, 48001),
    )
    lfrom: Language
    lto: Language
    content: Annotated[
        str, coded(invalid=TEXT_TOO_LONG, missing=44002, min_length=1, max_bytes=facts.TRANSLATION_BYTES)
    ]


class IDCard(Acknowledged, kw_only=True, frozen=True):
    """One side of an ID card: the front has the person, the back the dates (`20171025-20271025`)."""

    type: str
    name: str | None = None
    id: str | None = None
    addr: str | None = None
    gender: str | None = None
    nationality: str | None = None
    valid_date: str | None = None


class ReadIDCard(PictureCall[IDCard], kw_only=True, frozen=True):
    """Read an ID card, front or back (身份证识别)."""

    spec = _look("/cv/ocr/idcard", "身份证OCR识别", query=("type",))
    type: Literal["photo", "scan"] | None = None


class BankCard(Acknowledged, kw_only=True, frozen=True):
    """The number of a bank card; older answers call it `id`."""

    number: str | None = None
    id: str | None = None


class ReadBankCard(PictureCall[BankCard], kw_only=True, frozen=True):
    """Read the number of a bank card (银行卡识别)."""

    spec = _look("/cv/ocr/bankcard", "银行卡OCR识别")


class VehicleLicence(Acknowledged, kw_only=True, frozen=True):
    """A vehicle licence. `vin` identifies the vehicle, `plate_num_b` is the number on the second page."""

    plate_num: str | None = None
    vehicle_type: str | None = None
    owner: str | None = None
    addr: str | None = None
    use_character: str | None = None
    model: str | None = None
    vin: str | None = None
    engine_num: str | None = None
    register_date: str | None = None
    issue_date: str | None = None
    plate_num_b: str | None = None
    record: str | None = None
    passengers_num: str | None = None
    total_quality: str | None = None
    prepare_quality: str | None = None
    overall_size: str | None = None
    card_position_front: Place | None = None
    card_position_back: Place | None = None
    img_size: PictureSize | None = None


class ReadVehicleLicence(PictureCall[VehicleLicence], kw_only=True, frozen=True):
    """Read a vehicle licence (行驶证识别)."""

    spec = _look("/cv/ocr/driving", "行驶证OCR识别", query=("type",))
    type: Literal["photo", "scan"] | None = None


class DriverLicence(Acknowledged, kw_only=True, frozen=True):
    """A driver licence."""

    id_num: str | None = None
    name: str | None = None
    sex: str | None = None
    nationality: str | None = None
    address: str | None = None
    birth_date: str | None = None
    issue_date: str | None = None
    car_class: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    official_seal: str | None = None


class ReadDriverLicence(PictureCall[DriverLicence], kw_only=True, frozen=True):
    """Read a driver licence (驾驶证识别)."""

    spec = _look("/cv/ocr/drivinglicense", "驾驶证OCR识别")


class BusinessLicence(Acknowledged, kw_only=True, frozen=True):
    """A business licence."""

    reg_num: str | None = None
    serial: str | None = None
    legal_representative: str | None = None
    enterprise_name: str | None = None
    type_of_organization: str | None = None
    address: str | None = None
    type_of_enterprise: str | None = None
    business_scope: str | None = None
    registered_capital: str | None = None
    paid_in_capital: str | None = None
    valid_period: str | None = None
    registered_date: str | None = None
    cert_position: Place | None = None
    img_size: PictureSize | None = None


class ReadBusinessLicence(PictureCall[BusinessLicence], kw_only=True, frozen=True):
    """Read a business licence (营业执照识别)."""

    spec = _look("/cv/ocr/bizlicense", "营业执照OCR识别")


class PrintedLine(msgspec.Struct, kw_only=True, frozen=True):
    """A line of text and where it stands."""

    text: str
    pos: Corners | None = None


class PrintedText(Acknowledged, kw_only=True, frozen=True):
    """The lines of a printed text."""

    items: list[PrintedLine]
    img_size: PictureSize | None = None


class ReadPrintedText(PictureCall[PrintedText], kw_only=True, frozen=True):
    """Read printed text, line by line (通用印刷体识别)."""

    spec = _look("/cv/ocr/comm", "通用印刷体OCR识别")


class PlateNumber(Acknowledged, kw_only=True, frozen=True):
    """The number on a plate."""

    number: str


class ReadPlateNumber(PictureCall[PlateNumber], kw_only=True, frozen=True):
    """Read the number plate of a vehicle (车牌识别)."""

    spec = _look("/cv/ocr/platenum", "车牌OCR识别")


class MenuText(Acknowledged, kw_only=True, frozen=True):
    """What a restaurant's menu says; `content` is JSON in a text."""

    content: str


class ReadMenu(PictureCall[MenuText], kw_only=True, frozen=True):
    """Read the menu of a restaurant (菜单识别)."""

    spec = _look("/cv/ocr/menu", "菜单OCR识别")


class FoundCode(msgspec.Struct, kw_only=True, frozen=True):
    """A code in a picture: its kind (QR_CODE, EAN_13, CODE_128), its text; bar codes have no `pos`."""

    type_name: str
    data: str
    pos: Corners | None = None


class FoundCodes(Acknowledged, kw_only=True, frozen=True):
    """Every code in a picture."""

    code_results: list[FoundCode]
    img_size: PictureSize | None = None


class ReadCodes(PictureCall[FoundCodes], kw_only=True, frozen=True):
    """Read the QR codes and bar codes in a picture (二维码/条码识别)."""

    spec = _look("/cv/img/qrcode", "二维码/条码识别")


class Crop(msgspec.Struct, kw_only=True, frozen=True):
    """The part of a picture to keep, in pixels."""

    crop_left: int
    crop_top: int
    crop_right: int
    crop_bottom: int


class Crops(Acknowledged, kw_only=True, frozen=True):
    """One part for each ratio that was asked for."""

    results: list[Crop]
    img_size: PictureSize | None = None


class CropPicture(PictureCall[Crops], kw_only=True, frozen=True):
    """Find the part of a picture worth keeping (图片智能裁剪).

    `ratios` are up to five, width by height: `"1,2.35"`; without them the answer chooses.
    """

    spec = _look("/cv/img/aicrop", "图片智能裁剪", query=("ratios",))
    ratios: Annotated[str, coded(pattern=RATIOS)] | None = None


class EnlargedPicture(Acknowledged, kw_only=True, frozen=True):
    """The picture in twice the size, as temporary media for three days."""

    media_id: str


class EnlargePicture(PictureCall[EnlargedPicture], kw_only=True, frozen=True):
    """Make a picture twice as large and sharp (图片高清化)."""

    spec = _look("/cv/img/superresolution", "图片高清化")
