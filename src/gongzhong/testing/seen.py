"""What a test looks at: the lines of a chat, and the pushes and calls that went over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import msgspec

from ..app.arguments import meant
from ..catalogue.registry import CALLS, listed_calls
from ..errors import GongzhongError
from ..messages import EVENTS, MESSAGES
from ..platform.traffic import Exchange
from ..platform.world import chats


class UnknownName(GongzhongError, AttributeError, LookupError):
    """An attribute or a name that does not exist; the message proposes the one that was probably meant."""


class NothingCame(GongzhongError, LookupError, TimeoutError):
    """A line was asked for, and none came."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a chat."""

    side: chats.Side
    """`account`, `person`, or `system` for WeChat's grey lines."""
    via: chats.Via
    """How it came: `passive` reply, `customer` service message, `template`, `mass`, `menu` (a button that sends
    something), `message` (written by the person), `platform` (by WeChat)."""
    type: str
    """`text`, `image`, `news`, `template` …; `event` and `failure` (该公众号提供的服务出现故障) are WeChat's."""
    time: float
    """Unix seconds."""
    content: dict[str, Any]
    """All fields, by their name in the control API (docs/control-api.md)."""

    @property
    def text(self) -> str:
        """What a person would read out of it; empty for what cannot be read, such as a picture."""
        return chats.spoken({**self.content, "type": self.type})


def line_of(item: Mapping[str, Any]) -> Line:
    """A line from the platform's form of it."""
    known = ("side", "via", "type", "time")
    content = {key: value for key, value in item.items() if key not in known}
    return Line(**{key: item[key] for key in known}, content=content)


class Lines(list[Line]):
    """The lines that an act brought, oldest first: what the account sent, and WeChat's line that its service failed.

    An act that the account did not answer brings none: `assert not alice.says("…")`. `opened` is the address that the
    act opened on the phone, if any. `why_empty` says how the pushes of the act ended; it is part of the error for
    `.text` of an empty list.
    """

    def __init__(
        self, lines: Iterable[Line] = (), *, opened: str | None = None, why_empty: tuple[str, str] = ("", "")
    ) -> None:
        super().__init__(lines)
        self.opened, self.why_empty = opened, why_empty

    @property
    def texts(self) -> list[str]:
        """The text of each line."""
        return [line.text for line in self]

    @property
    def text(self) -> str:
        """The texts, one below the other. Raises NothingCame when there is no line."""
        if not self:
            zh, en = self.why_empty
            raise NothingCame(
                "没有收到任何消息" + (f"（{zh}）" if zh else ""), "no line came" + (f" ({en})" if en else "")
            )
        return "\n".join(self.texts)


class Exchanges(list[Exchange]):
    """Pushes or calls, oldest first, and the filters that a test needs; each gives such a list again."""

    def named(self, *names: str) -> Self:
        """Those with one of these names: paths of API calls such as `message/custom/send` (with or without
        `cgi-bin/`), pushes such as `text`, `subscribe` or `event:CLICK`.

        Raises UnknownName for a call that the catalogue does not have and that was not made: the test would find
        nothing for ever.
        """
        wanted = {_plain(name) for name in names}
        for name in wanted:
            self._require_known(name)
        return self._those(entry for entry in self if _plain(entry.title) in wanted)

    def about(self, person: Any) -> Self:
        """Those that concern a person: pushes about what they did, calls that name their OpenID. `person` is an Actor
        or an OpenID."""
        name = getattr(person, "name", None)
        openids = [person] if isinstance(person, str) else person.openids
        sought = [openid.encode() for openid in openids]
        return self._those(
            entry
            for entry in self
            if (name is not None and entry.person == name)
            or entry.openid in openids
            or any(openid in entry.request_body or openid in entry.url.encode() for openid in sought)
        )

    @property
    def failed(self) -> Self:
        """Those that did not go well: the server did not answer as it should, or the call was refused."""
        return self._those(entry for entry in self if not entry.verdict.ok or entry.errcode)

    def _those(self, entries: Iterable[Exchange]) -> Self:
        return type(self)(entries)

    def _require_known(self, name: str) -> None:
        known = {_plain(entry.title) for entry in self} | _names()
        if name not in known:
            raise UnknownName(
                f"没有叫 {name} 的接口或推送",
                f"no call and no push is named {name}",
                fix_zh=meant(name, known, chinese=True),
                fix_en=meant(name, known, chinese=False),
            )


def _plain(title: str) -> str:
    name = title.strip("/").lower()
    return name.removeprefix("cgi-bin/").removeprefix("event:")


def _names() -> set[str]:
    """Every name that an exchange can have, as `_plain` writes it."""
    calls = {_plain(call.spec.address) for call in (*CALLS, *listed_calls())}
    return calls | {_plain(name) for name in (*MESSAGES, *EVENTS)} | {"url"}
