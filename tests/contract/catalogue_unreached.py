"""Documented return codes that the platform gives for no reason of its own, each with the reason why not.

A fault ordered by name still makes every one of them, so an app can be tested against it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .catalogue_steps import AnyCall


class Unreached(msgspec.Struct, frozen=True):
    """Codes, why nothing here leads to them, and for which calls: all that document them if none is named."""

    codes: tuple[int, ...]
    reason: str
    calls: tuple[str, ...] = ()

    def concerns(self, call: AnyCall, code: int) -> bool:
        return code in self.codes and (not self.calls or call.__name__ in self.calls)


UNREACHED_BY_BEHAVIOUR: Final = (
    Unreached((-1,), "WeChat is never busy here unless somebody orders it"),
    Unreached((40243, 50004, 50007, 89501, 89503, 89506, 89507), "no account is frozen or locked by WeChat"),
    Unreached((61024,), "no account is authorised to a third-party platform"),
    Unreached((40001,), "a wrong secret is 40125, as newer answers have it", ("GetToken",)),
    Unreached((45011,), "the limit per minute is not published for these", ("GetToken", "GetStableToken")),
    Unreached(
        (40013,),
        "the token names the account, the request has no AppID that could be wrong",
        ("GetApiAddresses", "GetCallbackAddresses", "ListFollowers", "GetUser", "GetUsers", "SetRemark"),
    ),
    Unreached((40015, 40028, 40033, 45064), "buttons are held to more exact codes for type, key and url"),
    Unreached((45010,), "no rule is known that it stands for beside 40016 and 40023", ("CreateMenu",)),
    Unreached(
        (45010,), "no rule is known that it stands for beside 40016 and 40023", ("AddConditionalMenu",)
    ),
    Unreached((65316,), "the number of hosts is limited for personalised menus only", ("CreateMenu",)),
    Unreached((65317,), "the menu's own codes tell more"),
    Unreached(
        (65305, 65306, 65307, 65308, 65309, 65310, 65311, 65312, 65313, 65314, 65320),
        "they speak of rules by sex, place and language, which ended in 2021, or of internal states",
    ),
    Unreached((40247, 45027), "industries are not tied to templates here"),
    Unreached((40008, 40036, 41030), "a template message has no such field", ("SendTemplate",)),
    Unreached((40249, 43116), "nothing here classifies or blocks templates", ("SendTemplate",)),
    Unreached((50002,), "no person's WeChat account is limited"),
    Unreached(
        (61451, 70000), "what they stand for is held to the code of its field", ("SendCustomerMessage",)
    ),
    Unreached((40200, 45015), "every follower has a chat; 45080 says that it is too old", ("SetTyping",)),
    Unreached((61004, 61007, 61016), "no third-party platform acts for an account"),
    Unreached((268487001, 268487002, 268488001), "the system behind it is never busy"),
    Unreached((46004,), "an OpenID that nobody has is 40003", ("GetUser",)),
    Unreached((45169, 50005), "calls are carried out one after another, and at once"),
    Unreached((45059, 45171), "taking a tag away never fails", ("UntagUsers",)),
    Unreached((40029,), "an unknown refresh_token is 40030", ("RefreshWebToken",)),
    Unreached((48001,), "every kind of account may", ("GetTicket", "AddDraft")),
    Unreached((40006, 45001), "sizes are told by kind of file (40009 to 40012)"),
    Unreached((40137,), "a wrong format is 40005"),
    Unreached((42010, 45062, 48008, 48021, 48022), "nobody's right to send is limited or under review here"),
    Unreached((45159,), "an unknown tag is 40152", ("SendMass",)),
    Unreached((45028,), "counted by person, not by send, in a service account", ("SendMassToUsers",)),
    Unreached(
        (89504,),
        "only sends to everybody wait for the administrator",
        ("SendMassToUsers", "GetMassStatus", "GetMassSpeed", "SetMassSpeed"),
    ),
    Unreached((89505,), "an administrator who refused does so by the result of the send"),
    Unreached((9500001, 9500002, 40204), "internal states of mass sending"),
    Unreached((200001, 200002, 200011, 200100, 404, 20001, 20002, 40400), "internal states of the library"),
    Unreached((43104,), "an account sends notices of its own templates only"),
    Unreached((40007, 40113, 45074), "a new file has no media_id, and its kind is 40004", ("AddMaterial",)),
    Unreached((45060,), "templates of card messages do not exist here"),
    Unreached((40007,), "a list asks for no media_id", ("ListMaterial",)),
    Unreached((53404, 53406), "every product may be sold, and a number too many is 53405"),
    Unreached((53500, 53501, 53503, 53504, 53505), "publishing is never limited, checked by hand or doubled"),
    Unreached((40002,), "a publish_id that is unknown or no number is 53502", ("GetPublishStatus",)),
    Unreached((87009,), "an answer without a signature does not exist", ("DeleteCommentReply",)),
    Unreached(
        (40003, 40005, 40009, 65401, 65402), "neither person nor portrait belongs to it", ("AddAgent",)
    ),
    Unreached((45010,), "only statistics by slot name a slot", ("GetRebateStatistics", "GetSettlements")),
    Unreached((101003,), "the service market sells nothing here, and nothing runs out"),
    Unreached(
        (101001,),
        "a picture without words, codes or a person is answered, empty",
        ("ReadPrintedText", "ReadCodes", "CropPicture", "EnlargePicture"),
    ),
)
