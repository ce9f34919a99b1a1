"""People to play in a test: what they do is a method, what they see is `inbox` and `screen`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ..app import OfficialAccount
from ..platform.world import (
    acts,
    agents,
    article_text,
    articles,
    chats,
    comments,
    js_sdk,
    menus,
    notice_acts,
    one_time,
    people,
    privacy,
    readings,
    webauth,
)
from ..platform.world.acts import Act, Answer, Said, Saying
from ..platform.world.world import AccountState

if TYPE_CHECKING:
    from .local_platform import LocalPlatform

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0f01f00050001ff"
    "5c0f3b9d0000000049454e44ae426082"
)
"""The smallest picture there is, for tests that need any picture."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a chat. `text` is what a person would read out; `content` holds everything, by type."""

    side: str
    via: str
    type: str
    time: float
    content: dict[str, Any]

    @property
    def text(self) -> str:
        return chats.spoken({**self.content, "type": self.type})


class Actor:
    """Somebody with WeChat.

    With one account connected it is meant; with several, name it: `alice.says("hi", to=oa)`.
    """

    def __init__(self, bed: LocalPlatform, name: str) -> None:
        self._bed, self.name = bed, name

    def __repr__(self) -> str:
        return f"Actor({self.name})"

    def _account(self, oa: OfficialAccount | AccountState | None) -> AccountState:
        return self._bed.account_of(oa)

    def _carry_out(self, act: Act) -> Act:
        self._bed.run(self._bed.platform.carry_out(act, wait=True))
        return act

    def follows(
        self, oa: OfficialAccount | AccountState | None = None, *, scene: str | int | None = None
    ) -> None:
        """Follow; with `scene` by scanning a code that carries it."""
        account, world = self._account(oa), self._bed.world
        if scene is None:
            self._carry_out(acts.follow(world, account, self.name))
        else:
            self.scans(self._bed.code(account, scene))

    def unfollows(self, oa: OfficialAccount | AccountState | None = None) -> None:
        self._carry_out(acts.unfollow(self._bed.world, self._account(oa), self.name))

    def says(self, text: str, *, to: OfficialAccount | AccountState | None = None) -> None:
        self._say(Saying(type="text", content=text), to)

    def chooses(self, id: str, *, to: OfficialAccount | AccountState | None = None) -> None:
        """Tap an option of the latest menu message."""
        menu = next(line for line in reversed(self.screen_of(to)) if line.type == "msgmenu")
        option = next(option for option in menu.content["list"] if option["id"] == id)
        self._say(Saying(type="text", content=option["content"], msgmenu_id=id), to)

    def sends(
        self,
        type: Said,
        *,
        file: bytes = PNG,
        to: OfficialAccount | AccountState | None = None,
        **fields: Any,
    ) -> None:
        """Send a picture, voice, video, place or link; the content decides whether the file will do."""
        self._say(Saying(type=type, file=file, **fields), to)

    def _say(self, saying: Saying, to: OfficialAccount | AccountState | None) -> None:
        self._carry_out(acts.say(self._bed.world, self._account(to), self.name, saying))

    def taps(
        self, *names: str, of: OfficialAccount | AccountState | None = None, answer: Answer | None = None
    ) -> str | None:
        """Tap a menu button by the names on the way to it; returns the address that it opens, if any."""
        account = self._account(of)
        path = self._path(account, names)
        act = acts.tap(self._bed.world, account, self.name, path, answer or Answer())
        return self._carry_out(act).open

    def _path(self, account: AccountState, names: tuple[str, ...]) -> list[int]:
        tie = people.relation(self._bed.world, account, self.name)
        _, buttons = menus.seen_by(self._bed.world, account, tie)
        path = []
        for name in names:
            seen = [button["name"] for button in buttons]
            if name not in seen:
                raise LookupError(f"no button {name!r} in the menu; there are {seen}")
            path.append(seen.index(name))
            buttons = buttons[path[-1]].get("sub_button") or []
        return path

    def scans(self, ticket_or_url: str) -> None:
        """Scan a code, given its ticket or the text inside it."""
        self._carry_out(acts.scan(self._bed.world, self.name, ticket_or_url))

    def enters(
        self,
        *,
        latitude: float = 31.230416,
        longitude: float = 121.473701,
        of: OfficialAccount | AccountState | None = None,
    ) -> None:
        """Open the chat; the place is reported if the person agreed to it."""
        self._carry_out(acts.enter(self._bed.world, self._account(of), self.name, latitude, longitude))

    def accepts(self, *template_ids: str, of: OfficialAccount | AccountState | None = None) -> None:
        """Allow one more notice of each template, on the pop-up of a page."""
        act = notice_acts.answer_popup(self._bed.world, self._account(of), self.name, accepts=template_ids)
        self._carry_out(act)

    def rejects(self, *template_ids: str, of: OfficialAccount | AccountState | None = None) -> None:
        """Say no on the pop-up."""
        world, account = self._bed.world, self._account(of)
        self._carry_out(notice_acts.answer_popup(world, account, self.name, accepts=(), rejects=template_ids))

    def withdraws(self, *template_ids: str, of: OfficialAccount | AccountState | None = None) -> None:
        """Turn templates off in the settings."""
        self._carry_out(notice_acts.withdraw(self._bed.world, self._account(of), self.name, template_ids))

    def confirms_once(self, scene: int, *, of: OfficialAccount | AccountState | None = None) -> str:
        """Confirm one one-time message of a scene; returns the template_id that the redirect carries."""
        account = self._account(of)
        one_time.allow(self._bed.world, account, self.openid(account), scene)
        return one_time.template_id(self._bed.world, account)

    def reads(self, url: str, *, source: readings.Source = "message") -> str:
        """Open an article; returns its words, or raises LookupError when it is gone."""
        page = self._page(url)
        if not page.readable:
            raise LookupError(f"the article {url} is gone")
        readings.read(self._bed.world, page, self.name, source)
        return article_text.text_of(page.article.content)

    def shares(self, url: str, *, to: readings.Target = "friend") -> None:
        """Pass an article on."""
        readings.share(self._bed.world, self._page(url), self.name, to)

    def comments(self, url: str, content: str) -> int:
        """Write under an article; returns the comment's id. Raises NotPossible where the page has no form."""
        return comments.write(self._bed.world, self._page(url), self.name, content).id

    def withdraws_comment(self, url: str, user_comment_id: int) -> None:
        """Take back what was written."""
        comments.withdraw(self._bed.world, self._page(url), self.name, user_comment_id)

    def _page(self, url: str) -> articles.Page:
        page = articles.page(self._bed.world, url)
        if page is None:
            raise LookupError(f"no article at {url}")
        return page

    def opens_page(self, url: str, config: Mapping[str, Any]) -> js_sdk.Rights:
        """Open a page that gives this to `wx.config`; returns what WeChat grants it, or why not."""
        page = msgspec.convert({**config, "url": url}, js_sdk.PageConfig)
        return js_sdk.configure(self._bed.world, self.name, page)

    def uploads(
        self, kind: js_sdk.PageFile, file: bytes, *, to: OfficialAccount | AccountState | None = None
    ) -> str:
        """Let a page upload a picture or a voice (uploadImage, uploadVoice); returns the serverId."""
        return js_sdk.upload(self._bed.world, self._account(to), kind, file)

    def screen_of(self, oa: OfficialAccount | AccountState | None = None) -> list[Line]:
        """Every line of the chat with one account."""
        items = chats.read(self._bed.world, self._account(oa).appid, self.name)
        known = ("side", "via", "type", "time")
        return [
            Line(
                **{key: item[key] for key in known},
                content={key: value for key, value in item.items() if key not in known},
            )
            for item in items
        ]

    @property
    def screen(self) -> list[Line]:
        """Every line of the chat, both sides and WeChat's own."""
        return self.screen_of()

    @property
    def inbox(self) -> list[Line]:
        """What came from the account."""
        return [line for line in self.screen if line.side == "account"]

    def openid(self, oa: OfficialAccount | AccountState | None = None) -> str:
        return people.relation(self._bed.world, self._account(oa), self.name).openid

    def authorises(self, oa: OfficialAccount | AccountState | None = None) -> str:
        """Agree on the page of 网页授权 (snsapi_userinfo); returns the code that the redirect carries."""
        return webauth.grant(self._bed.world, self._account(oa), self.name, webauth.USERINFO)

    def revokes(self, *items: str, of: OfficialAccount | AccountState | None = None) -> None:
        """Take back what was authorised, by the codes of RevokeInfo such as "205"."""
        account = self._account(of)
        self._happens(lambda: privacy.withdraw(self._bed.world, account, self.name, items))

    def closes_wechat(self) -> None:
        """Close the WeChat account, for good."""
        self._happens(lambda: privacy.close(self._bed.world, self.name))

    def loses_profile(self) -> None:
        """WeChat removes nickname and picture."""
        self._happens(lambda: privacy.clean_profile(self._bed.world, self.name))

    def answers_invitation(
        self, kf_account: str, *, accept: bool = True, of: OfficialAccount | AccountState | None = None
    ) -> bool:
        """Agree to work as an agent, or not; False when nobody asked."""
        return agents.answer(self._bed.world, self._account(of), kf_account, self.name, accept=accept)

    def _happens(self, event: Callable[[], object]) -> None:
        async def on_the_loop() -> None:
            event()

        self._bed.run(on_the_loop())
