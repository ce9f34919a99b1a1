"""Speech, translation and pictures (智能接口), as the platform answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...catalogue import ai as catalogue
from ...catalogue.files import recognise
from ...catalogue.model import Ok
from ..world import recognition
from ..world.refusal import require
from .registry import Caller, answers

WRONG_TYPE = 40005


@answers(catalogue.SubmitVoice)
def submit_voice(caller: Caller, call: catalogue.SubmitVoice) -> Ok:
    require(recognise(call.media.content)[1] == call.format, WRONG_TYPE)
    recognition.hear(caller.world, caller.account, call.voice_id, call.lang, call.media.content)
    return Ok()


@answers(catalogue.QueryVoice)
def query_voice(caller: Caller, call: catalogue.QueryVoice) -> catalogue.VoiceText:
    return recognition.words(caller.world, caller.account, call.voice_id)


@answers(catalogue.Translate)
def translate(caller: Caller, call: catalogue.Translate) -> catalogue.Translation:
    return recognition.translate(caller.world, call)


def _reads(kind: str) -> Callable[[Caller, Any], Any]:
    """The function for the call that reads one kind of document."""

    @answers(recognition.KINDS[kind])
    def read_document(caller: Caller, call: Any) -> Any:
        return recognition.document(caller.world, kind, recognition.look(caller.world, call))

    return read_document


read_id_card = _reads("idcard")
read_bank_card = _reads("bankcard")
read_vehicle_licence = _reads("driving")
read_driving_licence = _reads("drivinglicense")
read_business_licence = _reads("bizlicense")
read_number_plate = _reads("platenum")
read_menu = _reads("menu")


@answers(catalogue.ReadPrintedText)
def read_printed_text(caller: Caller, call: catalogue.ReadPrintedText) -> catalogue.PrintedText:
    return recognition.printed(caller.world, recognition.look(caller.world, call))


@answers(catalogue.ReadCodes)
def read_codes(caller: Caller, call: catalogue.ReadCodes) -> catalogue.FoundCodes:
    return recognition.codes(caller.world, recognition.look(caller.world, call))


@answers(catalogue.CropPicture)
def crop_picture(caller: Caller, call: catalogue.CropPicture) -> catalogue.Crops:
    return recognition.crops(caller.world, recognition.look(caller.world, call), call.ratios)


@answers(catalogue.EnlargePicture)
def enlarge_picture(caller: Caller, call: catalogue.EnlargePicture) -> catalogue.EnlargedPicture:
    made = recognition.enlarge(caller.world, caller.account, recognition.look(caller.world, call))
    return catalogue.EnlargedPicture(media_id=made)
