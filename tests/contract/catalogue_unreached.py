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


NO_APPID = ("GetApiAddresses", "GetCallbackAddresses", "ListFollowers", "GetUser", "GetUsers", "SetRemark")
NOT_TO_ALL = ("SendMassToUsers", "GetMassStatus", "GetMassSpeed", "SetMassSpeed")
SHOWS_ANYTHING = ("ReadPrintedText", "ReadCodes", "CropPicture", "EnlargePicture")
UNREACHED_BY_BEHAVIOUR: Final = (
    Unreached((-1, 268487001, 268487002, 268488001), "WeChat is never busy here unless somebody orders it"),
    Unreached(
        (50004, 50007, 89501, 89503, 89506, 89507),
        "these accounts are not punished or asking their owner",
    ),
    Unreached((61004, 61007, 61016, 61024), "no third-party platform acts for an account"),
    Unreached((40001,), "a wrong secret is 40125", ("GetToken",)),
    Unreached((45011,), "no limit per minute is published", ("GetToken", "GetStableToken")),
    Unreached((40013,), "the token names the account; the request has no AppID", NO_APPID),
    Unreached((40015, 40028), "buttons have more exact codes for type, key and url"),
    Unreached((45064,), "every mini program may be used"),
    Unreached((45010,), "too many buttons are 40016 and 40023", ("CreateMenu", "AddConditionalMenu")),
    Unreached((65316,), "the number of hosts is limited for personalised menus only", ("CreateMenu",)),
    Unreached((65317,), "an address that is none is 40054 or 40055"),
    Unreached((65305,), "how many personalised menus there may be is not published"),
    Unreached((65306, 65309), "every account that may make menus has personalised ones"),
    Unreached((65307, 65308), "an empty menu is 40016, a button that does nothing 40017"),
    Unreached((65310, 65311, 65312, 65313, 65314, 65320), "rules by place and the like ended in 2021"),
    Unreached((40247, 45027), "industries are not tied to templates here"),
    Unreached((40008,), "a template message has no type", ("SendTemplate",)),
    Unreached((40036,), "a template_id that is unknown is 40037, whatever its length"),
    Unreached((41030,), "the pages of mini programs are not known here", ("SendTemplate",)),
    Unreached((40249, 43116), "nothing here reads messages for advertising or limits templates"),
    Unreached((50002, 70000), "no person is limited or a minor"),
    Unreached((61451,), "a wrong field has the code of that field"),
    Unreached((40200,), "an account that may not is 48001", ("SetTyping",)),
    Unreached((45015,), "45080 says already that the last exchange is too old", ("SetTyping",)),
    Unreached((46004,), "an OpenID that nobody has is 40003", ("GetUser",)),
    Unreached((45169,), "calls are carried out one after another"),
    Unreached((50005,), "somebody who does not follow is 40003"),
    Unreached((45059, 45171), "taking a tag away never fails", ("UntagUsers",)),
    Unreached((40029,), "an unknown refresh_token is 40030", ("RefreshWebToken",)),
    Unreached((48001,), "every kind of account may", ("GetTicket", "AddDraft")),
    Unreached((40006, 45001), "sizes are told by kind of file (40009 to 40012)"),
    Unreached((40137,), "a wrong format is 40005"),
    Unreached((42010,), "sending the same soon is 45066; nothing else is too fast"),
    Unreached((45062, 48008), "no account is bound by an advertisement or limited in what it sends"),
    Unreached((48021, 48022), "drafts are always saved, and videos may be sent whoever uploaded them"),
    Unreached((45159,), "an unknown tag is 40152", ("SendMass",)),
    Unreached((45028,), "only sends to everybody are counted by account", ("SendMassToUsers",)),
    Unreached((89504,), "only sends to everybody wait for the administrator", NOT_TO_ALL),
    Unreached((89505,), "waiting for the administrator is 89504"),
    Unreached((40204,), "no article here is copied or a rumour"),
    Unreached((404, 20001, 20002, 40400, 200001, 9500001, 9500002), "no page says when they come"),
    Unreached((200002,), "each field has a code of its own"),
    Unreached((200011, 200100), "no account is banned, and one that may not is 48001"),
    Unreached((43104,), "an account sends notices of its own templates only"),
    Unreached((40007,), "the call names no media_id", ("AddMaterial", "ListMaterial")),
    Unreached((45074,), "a full store is 45034; `material_full_code` in the rules chooses"),
    Unreached((45060,), "a file in use is 48005"),
    Unreached((53404, 53406), "every account may show products"),
    Unreached(
        (53500, 53501, 53503, 53504, 53505), "every draft is accepted; how its job ends is chosen elsewhere"
    ),
    Unreached((40002,), "an unknown publish_id is 53502", ("GetPublishStatus",)),
    Unreached((87009,), "the call carries no signature that could be wrong"),
    Unreached(
        (40003, 40005, 40009, 65401, 65402), "it names no person, picture or older agent", ("AddAgent",)
    ),
    Unreached((45010,), "only statistics by slot name one", ("GetRebateStatistics", "GetSettlements")),
    Unreached((101003,), "nothing is bought from the service market here, and nothing runs out"),
    Unreached((101001,), "a picture with nothing on it is answered, with nothing", SHOWS_ANYTHING),
)
