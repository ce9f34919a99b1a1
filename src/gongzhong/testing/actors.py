"""People to play in a test: what they do is a method, which returns the lines that it brought."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..app.arguments import meant
from ..catalogue.codes import lookup
from ..errors import SetupError
from ..platform.world import (
    acts,
    agents,
    article_text,
    articles,
    chats,
    comments,
    js_sdk,
    menus,
    notices,
    people,
    privacy,
    sessions,
    webauth,
)
from ..platform.world.acts import Act, Answer, NotPossible, Said, Saying
from ..platform.world.refusal import Refusal
from ..platform.world.world import AccountState
from .seen import Line, Lines, NothingCame, UnknownName, line_of

if TYPE_CHECKING:
    from .simulated import AnyAccount, SimulatedPlatform

T = TypeVar("T")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0f01f00050001ff"
    "5c0f3b9d0000000049454e44ae426082"
)
"""The smallest picture there is, for tests that need any picture."""


def unknown_attribute(owner: object, name: str) -> UnknownName:
    """The error for a method that does not exist, with the one that was probably meant."""
    kind = type(owner)
    known = {word for word in dir(kind) if not word.startswith("_")}
    return UnknownName(
        f"{kind.__name__} 没有 {name}",
        f"{kind.__name__} has no {name}",
        fix_zh=meant(name, known, chinese=True) or f"有：{'、'.join(sorted(known))}",
        fix_en=meant(name, known, chinese=False).strip() or f"it has {', '.join(sorted(known))}",
    )


def in_words(refusal: Refusal) -> NotPossible:
    """A return code of the platform as the reason why somebody cannot do something."""
    known = lookup(refusal.code)
    zh, en = (known.meaning("zh"), known.meaning("en")) if known else ("", "")
    return NotPossible(
        f"平台不允许（{refusal.code}）：{refusal.detail or zh}",
        f"the platform refuses it ({refusal.code}): {refusal.detail or en}",
    )


class Actor:
    """Somebody with WeChat. Every act returns the `Lines` that it brought, unless its description says otherwise.

    With one account connected it is meant; with several, name it: `alice.says("hi", to=oa)`. An act that the phone
    would not offer raises NotPossible with the reason.
    """

    def __init__(self, bed: SimulatedPlatform, name: str) -> None:
        self._bed, self.name = bed, name

    def __repr__(self) -> str:
        return f"Actor({self.name})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(self, name)

    # Messages

    def follows(self, oa: AnyAccount = None, *, scene: str | int | None = None) -> Lines:
        """Follow; with `scene` by scanning a code that carries it."""
        account = self._bed.account_of(oa)
        if scene is not None:
            return self.scans(self._bed.code(account, scene))
        return self._acts(lambda: acts.follow(self._bed.world, account, self.name))

    def unfollows(self, oa: AnyAccount = None) -> Lines:
        """Stop following. WeChat shows no answer to it."""
        account = self._bed.account_of(oa)
        return self._acts(lambda: acts.unfollow(self._bed.world, account, self.name))

    def says(self, text: str, *, to: AnyAccount = None) -> Lines:
        """Send a text."""
        return self._say(Saying(type="text", content=text), to)

    def chooses(self, id: str, *, to: AnyAccount = None) -> Lines:
        """Tap an option of the latest menu message, by its id."""
        menu = next((line for line in reversed(self.screen_of(to)) if line.type == "msgmenu"), None)
        if menu is None:
            raise NotPossible(f"{self.name} 没有收到菜单消息", f"{self.name} got no menu message")
        options = {option["id"]: option["content"] for option in menu.content["list"]}
        if id not in options:
            raise NotPossible(
                f"菜单消息里没有选项 {id}，只有：{'、'.join(options)}",
                f"the menu message has no option {id}; there are: {', '.join(options)}",
            )
        return self._say(Saying(type="text", content=options[id], msgmenu_id=id), to)

    def sends(self, type: Said, *, file: bytes = PNG, to: AnyAccount = None, **fields: Any) -> Lines:
        """Send an `image`, `voice`, `video` or `shortvideo` (`file`), a `location` (`latitude`, `longitude`, `scale`,
        `label`) or a `link` (`title`, `description`, `url`). The file's content decides whether it will do."""
        self._require(type, acts.SAID, "消息类型", "kind of message")
        for name in fields:
            self._require(name, Saying.__struct_fields__, "字段", "field of a message")
        return self._say(Saying(type=type, file=file, **fields), to)

    @staticmethod
    def _require(word: str, choices: tuple[str, ...], zh: str, en: str) -> None:
        if word not in choices:
            raise SetupError(
                f"没有这种{zh}：{word}",
                f"no such {en}: {word}",
                fix_zh=meant(word, choices, chinese=True) or f"可选：{'、'.join(choices)}",
                fix_en=meant(word, choices, chinese=False).strip() or f"choose one of {', '.join(choices)}",
            )

    def _say(self, saying: Saying, to: AnyAccount) -> Lines:
        account = self._bed.account_of(to)
        return self._acts(lambda: acts.say(self._bed.world, account, self.name, saying))

    def taps(self, *names: str, of: AnyAccount = None, answer: Answer | None = None) -> Lines:
        """Tap a menu button by the names on the way to it; `.opened` is the address that it opens, if any.

        `answer` is what buttons ask for: `Answer(scan_result="…")`, `Answer(files=[photo])`, a place.
        """
        account = self._bed.account_of(of)

        def tap() -> Act:
            return acts.tap(
                self._bed.world, account, self.name, self._path(account, names), answer or Answer()
            )

        return self._acts(tap)

    def _path(self, account: AccountState, names: tuple[str, ...]) -> list[int]:
        tie = people.relation(self._bed.world, account, self.name)
        _, buttons = menus.seen_by(self._bed.world, account, tie)
        path = []
        for name in names:
            seen = [button["name"] for button in buttons]
            if name not in seen:
                raise NotPossible(
                    f"菜单里没有“{name}”，" + (f"只有：{'、'.join(seen)}" if seen else "这一级没有按钮"),
                    f"no button {name!r} in the menu; " + (f"there are {seen}" if seen else "there are none"),
                )
            path.append(seen.index(name))
            buttons = buttons[path[-1]].get("sub_button") or []
        return path

    def scans(self, ticket_or_url: str) -> Lines:
        """Scan a code, given its ticket or the text inside it."""
        return self._acts(lambda: acts.scan(self._bed.world, self.name, ticket_or_url))

    def enters(
        self, *, latitude: float = 31.230416, longitude: float = 121.473701, of: AnyAccount = None
    ) -> Lines:
        """Open the chat; the place is reported if the person agreed to it."""
        account = self._bed.account_of(of)
        return self._acts(lambda: acts.enter(self._bed.world, account, self.name, latitude, longitude))

    def waits(self, lines: int = 1, *, timeout_s: float = 10.0, of: AnyAccount = None) -> Lines:
        """Wait until so many lines came since what the last act or `waits` returned; returns them.

        Raises NothingCame after `timeout_s` seconds: of virtual time, which this moves, or in a live platform of real
        time.
        """
        account, found = self._bed.account_of(of), Lines()
        for _ in self._bed.moments(timeout_s):
            found = self._heard(account, self._bed.seen_until(self.name, account))
            if len(found) >= lines:
                self._bed.note_seen(self.name, account, found)
                return found
        zh, en = self._bed.last_push(account.appid)
        raise NothingCame(
            f"{timeout_s:g} 秒内 {self.name} 收到 {len(found)} 条消息，而不是 {lines} 条"
            + (f"；{zh}" if zh else ""),
            f"{len(found)} of {lines} lines came to {self.name} within {timeout_s:g} s"
            + (f"; {en}" if en else ""),
        )

    def _acts(self, act: Callable[[], Act]) -> Lines:
        """Do something, let its pushes be answered, and return what came."""
        bed, before = self._bed, self._bed.last_line()

        async def carry_out() -> Act:
            done = act()
            await bed.platform.carry_out(done, wait=True)
            return done

        try:
            done = bed.carry_out(carry_out())
        except Refusal as refusal:
            raise in_words(refusal) from None
        lines = self._heard(done.account, before)
        lines.opened = done.open
        if done.pushes:
            lines.why_empty = bed.last_push(done.account.appid)
        bed.note_seen(self.name, done.account, lines, before)
        return lines

    def _heard(self, account: AccountState, after: int) -> Lines:
        """The lines of the account and of its failures after a number."""
        items = self._bed.look(lambda: chats.read(self._bed.world, account.appid, self.name, after))
        return Lines(
            line_of(item) for item in items if item["side"] == "account" or item["type"] == "failure"
        )

    def _world(self, work: Callable[[], T]) -> T:
        """Do something in the world that brings no line at once; pushes that follow are delivered."""

        async def on_the_loop() -> T:
            return work()

        try:
            return self._bed.carry_out(on_the_loop())
        except Refusal as refusal:
            raise in_words(refusal) from None

    # Notices

    def accepts(self, *template_ids: str, of: AnyAccount = None) -> Lines:
        """Allow one more notice of each template, on the pop-up of a page."""
        account = self._bed.account_of(of)
        answer = functools.partial(notices.answer_popup, self._bed.world, account, self.name)
        return self._acts(lambda: answer(accepts=template_ids))

    def rejects(self, *template_ids: str, of: AnyAccount = None) -> Lines:
        """Refuse notices on the pop-up."""
        account = self._bed.account_of(of)
        answer = functools.partial(notices.answer_popup, self._bed.world, account, self.name)
        return self._acts(lambda: answer(accepts=(), rejects=template_ids))

    def withdraws(self, *template_ids: str, of: AnyAccount = None) -> Lines:
        """Turn templates off in the settings."""
        account = self._bed.account_of(of)
        return self._acts(lambda: notices.withdraw_consent(self._bed.world, account, self.name, template_ids))

    def confirms_once(self, scene: int, *, of: AnyAccount = None) -> str:
        """Confirm one one-time message of a scene; returns the template_id that the redirect carries."""
        account, world = self._bed.account_of(of), self._bed.world

        def confirm() -> str:
            notices.allow_one_time(world, account, people.relation(world, account, self.name).openid, scene)
            return notices.one_time_template_id(world, account)

        return self._world(confirm)

    # Articles

    def reads(self, url: str, *, source: articles.ReadSource = "message") -> str:
        """Open an article; returns its words. Raises NotPossible when there is none or it is gone."""

        def read() -> str:
            page = self._page(url)
            if not page.readable:
                raise NotPossible(f"文章已删除：{url}", f"the article {url} is gone")
            articles.read_article(self._bed.world, page, self.name, source)
            return article_text.text_of(page.article.content)

        return self._world(read)

    def shares(self, url: str, *, to: articles.Target = "friend") -> None:
        """Share an article."""
        self._world(lambda: articles.share_article(self._bed.world, self._page(url), self.name, to))

    def comments(self, url: str, content: str) -> int:
        """Write under an article; returns the comment's id. Raises NotPossible where the page has no form."""
        return self._world(lambda: comments.write(self._bed.world, self._page(url), self.name, content).id)

    def withdraws_comment(self, url: str, user_comment_id: int) -> None:
        """Take back what was written."""
        self._world(lambda: comments.withdraw(self._bed.world, self._page(url), self.name, user_comment_id))

    def _page(self, url: str) -> articles.Page:
        page = articles.page(self._bed.world, url)
        if page is None:
            raise NotPossible(f"没有这篇文章：{url}", f"no article at {url}")
        return page

    # Web pages

    def opens_page(self, url: str, config: Mapping[str, Any]) -> js_sdk.Rights:
        """Open a page that gives this to `wx.config`; returns what WeChat grants it, or why not."""
        page = msgspec.convert({**config, "url": url}, js_sdk.PageConfig)
        return self._world(lambda: js_sdk.configure(self._bed.world, self.name, page))

    def uploads(self, kind: js_sdk.PageFile, file: bytes, *, to: AnyAccount = None) -> str:
        """Let a page upload a picture or a voice (uploadImage, uploadVoice); returns the serverId."""
        account = self._bed.account_of(to)
        return self._world(lambda: js_sdk.upload(self._bed.world, account, kind, file))

    def authorises(self, oa: AnyAccount = None) -> str:
        """Agree on the page of 网页授权 (snsapi_userinfo); returns the code that the redirect carries."""
        account = self._bed.account_of(oa)
        return self._world(lambda: webauth.grant(self._bed.world, account, self.name, webauth.USERINFO))

    def revokes(self, *items: str, of: AnyAccount = None) -> None:
        """Take back what was authorised, by the codes of RevokeInfo such as "205"."""
        account = self._bed.account_of(of)
        self._world(lambda: privacy.withdraw(self._bed.world, account, self.name, items))

    # The WeChat account

    def closes_wechat(self) -> None:
        """Close the WeChat account, for good."""
        self._world(lambda: privacy.close(self._bed.world, self.name))

    def loses_profile(self) -> None:
        """WeChat removes nickname and picture."""
        self._world(lambda: privacy.clean_profile(self._bed.world, self.name))

    def answers_invitation(self, kf_account: str, *, accept: bool = True, of: AnyAccount = None) -> bool:
        """Agree to work as an agent, or not; False when nobody asked."""
        account, world = self._bed.account_of(of), self._bed.world
        return self._world(lambda: agents.answer(world, account, kf_account, self.name, accept=accept))

    # What the person sees

    def screen_of(self, oa: AnyAccount = None) -> list[Line]:
        """Every line of the chat with one account."""
        account = self._bed.account_of(oa)
        items = self._bed.look(lambda: chats.read(self._bed.world, account.appid, self.name))
        return [line_of(item) for item in items]

    @property
    def screen(self) -> list[Line]:
        """Every line of the chat, both sides and WeChat's own."""
        return self.screen_of()

    @property
    def inbox(self) -> list[Line]:
        """What came from the account, from the beginning."""
        return [line for line in self.screen if line.side == "account"]

    def openid(self, oa: AnyAccount = None) -> str:
        """The OpenID for one account."""
        account = self._bed.account_of(oa)
        return self._bed.look(lambda: people.relation(self._bed.world, account, self.name).openid)

    @property
    def openids(self) -> list[str]:
        """The OpenIDs for all connected accounts."""
        return [self.openid(account) for account in self._bed.world.accounts.values()]


class ServiceAgent:
    """A customer-service agent at the desk. Acts towards a person return the lines that the person got.

    Raises NotPossible with WeChat's reason, for instance when the person is not in a session with this agent.
    """

    def __init__(self, bed: SimulatedPlatform, account: AccountState, kf_account: str) -> None:
        self._bed, self._account, self.kf_account = bed, account, kf_account

    def __repr__(self) -> str:
        return f"ServiceAgent({self.kf_account})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(self, name)

    def _does(self, person: Actor, function: Callable[..., Any], *values: Any) -> Lines:
        """Do something to a person: `function(world, account, openid, *values)`."""
        openid = person.openid(self._account)

        def act() -> Act:
            function(self._bed.world, self._account, openid, *values)
            return Act(account=self._account, person=person.name)

        return person._acts(act)

    def goes_online(self, *, auto_accept: int = 0) -> None:
        """Begin to work; `auto_accept` is how many people are taken without being asked."""

        async def begin() -> None:
            world, account = self._bed.world, self._account
            agents.appear(world, account, self.kf_account, online=True, auto_accept=auto_accept)
            sessions.distribute(world, account)

        self._bed.carry_out(begin())

    def goes_offline(self) -> None:
        """Go offline: the agent gets no more people."""

        async def end() -> None:
            agents.appear(self._bed.world, self._account, self.kf_account, online=False, auto_accept=0)

        self._bed.carry_out(end())

    def accepts(self, person: Actor) -> Lines:
        """Take somebody over, waiting or not."""
        return self._does(person, sessions.create, self.kf_account)

    def says(self, text: str, *, to: Actor) -> Lines:
        """Write to a person in session."""
        return self._does(
            to, lambda world, account, openid: sessions.say(world, account, self.kf_account, openid, text)
        )

    def sends_picture(self, content: bytes, *, to: Actor) -> Lines:
        """Send a picture to a person in session."""
        return self._does(
            to, lambda world, account, openid: sessions.show(world, account, self.kf_account, openid, content)
        )

    def closes(self, person: Actor) -> Lines:
        """End the session with a person."""
        return self._does(person, sessions.close, self.kf_account)

    def hands_on(self, person: Actor, *, to: ServiceAgent) -> Lines:
        """Let another agent go on with somebody."""
        return self._does(person, sessions.switch, self.kf_account, to.kf_account)

    @property
    def serves(self) -> list[str]:
        """The names of the people in its sessions, the longest served first."""
        world, account = self._bed.world, self._account

        def names() -> list[str]:
            open_ones = sessions.of_agent(world, account, self.kf_account)
            return [people.by_openid(world, account, one.openid).person or "" for one in open_ones]

        return self._bed.look(names)
