"""An account in full swing: what every call of the catalogue needs before it can succeed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.account import Hosts
from gongzhong.catalogue.articles import Article
from gongzhong.catalogue.customer_messages import SendCustomerMessage, TextContent
from gongzhong.catalogue.drafts import AddDraft
from gongzhong.catalogue.mass import mass_article
from gongzhong.catalogue.material import AddMaterial
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.oauth import ExchangeCode, WebToken
from gongzhong.catalogue.publishing import GetPublishStatus, PublishStatus, SubmitDraft
from gongzhong.catalogue.qrcodes import ActionInfo, CreateQRCode, Scene
from gongzhong.catalogue.subscriptions import AddNoticeTemplate
from gongzhong.catalogue.tags import CreateTag, NamedTag
from gongzhong.catalogue.templates import AddTemplate
from gongzhong.client import AsyncClient, Client, Transport, WireReply, WireRequest
from gongzhong.client.flow import CallPolicy
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world import media, webauth
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import PNG, LocalPlatform

NOON = 1_773_806_400.0
"""2026-03-18 12:00 in China, a Wednesday."""
JPG, MP3, MP4 = b"\xff\xd8\xff" + bytes(64), b"ID3" + bytes(64), b"\0\0\0\x18ftypmp42" + bytes(64)
SECRET = "s" * 32
TEMPLATE, KEYWORDS = "43218", ["变动金额", "账户余额"]
NOTICE, NOTICE_KEYWORDS = "3102", [1, 2]
ONCE = CallPolicy(tries=1)
"""Errors are looked at one by one; that a busy WeChat is asked again is tested where it is decided."""

Tamper = Callable[[WireRequest], WireRequest]


class Tampering:
    """Between the client and the platform: changes requests in ways in which the client never would."""

    def __init__(self, inner: Transport, path: str, change: Tamper) -> None:
        self._inner, self._path, self._change = inner, path, change

    def send(self, request: WireRequest, /) -> WireReply:
        concerned = request.url.endswith(self._path)
        return self._inner.send(self._change(request) if concerned else request)

    def close(self) -> None:
        """Nothing is open."""


class Shop:
    """One account with followers, and the calls that give it templates, drafts, pictures and the rest."""

    def __init__(
        self, *, kind: Any = "service", verified: bool = True, rules: Rules | None = None, **settings: Any
    ) -> None:
        self.platform = LocalPlatform(PlatformConfig(start=NOON, rules=rules or Rules()))
        self.oa = OfficialAccount(
            Account(
                appid="wx00000000000000aa",
                secret=Secret(SECRET),
                token=Secret("tok123"),
                hosts=Hosts.local("http://wechat.test"),
            )
        )
        self.state = self.platform.connect(
            self.oa, kind=kind, verified=verified, wechat_id="shop", name="shop", **settings
        )
        self.world = self.platform.world
        self.clock = self.platform.clock
        self.wire: Transport = self.platform.client(self.oa).transport
        self.api = Client(self.oa.account, transport=self.wire, clock=self.clock, policy=ONCE)
        self.alice, self.bob = self.platform.person("alice"), self.platform.person("bob")
        self._neighbour: OfficialAccount | None = None
        for person in (self.alice, self.bob):
            person.follows(self.oa)

    def close(self) -> None:
        self.platform.close()

    @property
    def awaiting(self) -> AsyncClient:
        client = self.platform.async_client(self.oa)
        return AsyncClient(self.oa.account, transport=client.transport, clock=self.clock, policy=ONCE)

    def perform(self, call: Call[Any]) -> Any:
        return self.api.perform(call)

    def perform_awaiting(self, call: Call[Any]) -> Any:
        return self.platform.run(self.awaiting.perform(call))

    def tampered(self, call: Call[Any], change: Tamper) -> Any:
        """Make a call whose request is changed on its way."""
        wire = Tampering(self.wire, call.spec.address, change)
        client = Client(
            self.oa.account, transport=wire, tokens=self.api.tokens, clock=self.clock, policy=ONCE
        )
        return client.perform(call)

    def change(self, **settings: Any) -> None:
        self.platform.change(self.oa, **settings)

    @property
    def openid(self) -> str:
        """Alice."""
        return self.alice.openid(self.oa)

    @property
    def other(self) -> str:
        """Bob."""
        return self.bob.openid(self.oa)

    @property
    def stranger(self) -> str:
        """Somebody who follows another account only."""
        other = self.neighbour()
        somebody = self.platform.person("dora")
        somebody.follows(other)
        return somebody.openid(other)

    def neighbour(self) -> OfficialAccount:
        """Another account on the same platform."""
        if self._neighbour is None:
            keys = Account(appid="wx00000000000000bb", secret=Secret("t" * 32), token=Secret("tok456"))
            self._neighbour = OfficialAccount(keys)
            self.platform.connect(self._neighbour)
        return self._neighbour

    def tag(self, name: str = "vip") -> int:
        made: int = self.perform(CreateTag(tag=NamedTag(name=name))).tag.id
        return made

    def template(self) -> str:
        made: str = self.perform(
            AddTemplate(template_id_short=TEMPLATE, keyword_name_list=KEYWORDS)
        ).template_id
        return made

    def notice(self) -> str:
        made: str = self.perform(AddNoticeTemplate(tid=NOTICE, kidList=NOTICE_KEYWORDS)).priTmplId
        return made

    def file(self, kind: str = "image", content: bytes = PNG, *, permanent: bool = True) -> str:
        """A file in the store, put there without a call."""
        return media.keep(self.world, self.state, kind, content, permanent=permanent).media_id

    def cover(self) -> str:
        added: str = self.perform(AddMaterial(type="image", media=Upload(PNG, "cover.png"))).media_id
        return added

    def article(self, **fields: Any) -> Article:
        usual = {"title": "春天", "content": "<p>花开了</p>", "need_open_comment": 1}
        return Article(**{**usual, "thumb_media_id": self.cover(), **fields})

    def draft(self, *articles: Article) -> str:
        added: str = self.perform(AddDraft(articles=list(articles) or [self.article()])).media_id
        return added

    def job(self) -> Any:
        return self.perform(SubmitDraft(media_id=self.draft()))

    def published(self) -> tuple[PublishStatus, int]:
        """A finished publish job, and the number of its articles for comments."""
        job = self.job()
        self.clock.advance(3)
        status: PublishStatus = self.perform(GetPublishStatus(publish_id=job.publish_id))
        return status, job.msg_data_id

    def article_id(self) -> str:
        return self.published()[0].article_id or ""

    def comment(self) -> dict[str, int]:
        """The article and the number of a comment that alice wrote."""
        status, number = self.published()
        assert status.article_detail is not None
        written = self.alice.comments(status.article_detail.item[0].article_url, "好文")
        return {"msg_data_id": number, "user_comment_id": written}

    def agent(self, prefix: str = "helper", worker: str = "wang") -> str:
        return self.platform.agent(prefix, "小助手", worker=worker, of=self.oa).kf_account

    def session(self) -> dict[str, str]:
        """Alice, served by an agent."""
        agent = self.platform.agent("helper", "小助手", worker="wang", of=self.oa)
        agent.accepts(self.alice)
        return {"kf_account": agent.kf_account, "openid": self.openid}

    def mass_sent(self) -> int:
        """A mass send of an article that was carried out."""
        sent: int = self.perform(mass_article(media_id=self.draft(), to_all=True)).msg_id
        self.clock.advance(5)
        return sent

    def code(self, scope: str = "snsapi_userinfo") -> str:
        return webauth.grant(self.world, self.state, "alice", scope)

    def web_token(self, scope: str = "snsapi_userinfo") -> WebToken:
        got: WebToken = self.perform(ExchangeCode(code=self.code(scope)))
        return got

    def ticket(self) -> str:
        scene = ActionInfo(scene=Scene(scene_str="door"))
        got: str = self.perform(CreateQRCode(action_name="QR_LIMIT_STR_SCENE", action_info=scene)).ticket
        return got

    def text(self, **fields: Any) -> SendCustomerMessage:
        usual = {"touser": self.openid, "msgtype": "text", "text": TextContent(content="你好")}
        return SendCustomerMessage(**{**usual, **fields})
