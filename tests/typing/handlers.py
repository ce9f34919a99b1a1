"""What both type checkers must accept and refuse of handlers; `tests/unit/app/test_typing.py` runs mypy over it.

A line with an ignore comment must be an error: both checkers complain about an ignore that is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import assert_type

from gongzhong import (
    Account,
    Accounts,
    App,
    Article,
    AsyncClient,
    Client,
    DialogueState,
    Move,
    OfficialAccount,
    Router,
    Secret,
    Subscribe,
    Text,
    TextReply,
)
from gongzhong.app import Answer, Binding, CallNext, Result, Services, Session, User
from gongzhong.messages import Push, Reply

oa = OfficialAccount(Account(appid="wx0123456789abcdef"))
router = Router()
oa.include(router)


@oa.on(Subscribe)
async def welcome(event: Subscribe, user: User, api: AsyncClient) -> str:
    return user


@oa.text(r"天气 (?P<city>.+)")
@router.text(r"weather (?P<city>.+)")
async def weather(message: Text, city: str, session: Session) -> Reply:
    return TextReply(content=city)


@router.text("新闻")
def news(api: Client) -> list[Article]:
    return [Article(title="题")]


@router.scan("shop")
async def nothing() -> None: ...


@oa.event("anything")
async def maybe(event: Push, account: Account) -> str | None:
    return None


@oa.default
async def stream() -> AsyncIterator[str | Reply]:
    yield "一"
    yield TextReply(content="二")


@oa.middleware
async def around(push: Push, call_next: CallNext) -> Result:
    return await call_next(push)


@oa.default  # type: ignore[type-var]
async def number() -> int:
    return 3


@oa.middleware  # type: ignore[type-var]
def blocking(push: Push, call_next: CallNext) -> Result:
    return None


@oa.on("subscribe")  # type: ignore[call-overload, untyped-decorator]
async def by_name() -> None: ...


@oa.middleware()
async def with_more(push: Text, call_next: CallNext, session: Session, user: User) -> Result:
    return await call_next(push)


@router.text
@router.on
@router.scan()
@router.click
@router.event()
@router.default()
async def bare(message: Push) -> str:
    return "每个装饰器写不写括号都行"


signup = oa.dialogue("signup", timeout_s=600, cancel=("取消", "退出"))
signup_of_a_router = router.dialogue("other", cancel=None)


@oa.text("报名")
async def begin() -> Move:
    return signup.start("name", "怎么称呼您？")


@signup.step("name")
async def name(message: Text, dialogue: DialogueState) -> Move:
    dialogue["name"] = message.content
    return dialogue.go("age", "几岁？")


@signup.step("age", r"(?P<years>\d+)")
def age(message: Text, dialogue: DialogueState, years: str) -> Move | str:
    return dialogue.finish([Article(title=years)])


@signup.step("age")  # type: ignore[type-var]
async def no_result() -> int:
    return 3


def secrets_are_texts_or_secrets() -> None:
    made = Account(appid="wx0123456789abcdef", secret="text", token=Secret("token"))
    assert_type(made.secret, Secret)
    assert_type(Account.from_env(prefix="SHOP_"), Account)
    assert_type(OfficialAccount.from_env("SHOP_", window=4.0), OfficialAccount)
    Account(appid="wx0123456789abcdef", secret=b"bytes")  # type: ignore[arg-type]
    signup.start(3)  # type: ignore[arg-type]


async def handlers_stay_functions() -> None:
    push = Text(to_user_name="", from_user_name="", create_time=0, msg_id=0, content="")
    assert_type(await weather(push, "北京", Session()), Reply)
    assert_type(await bare(push), str)
    assert_type(news(Client(oa.account)), list[Article])


def several_accounts() -> None:
    app = App(window=4.0, customer_service=None)
    binding = app.bind(Account(appid="wx0123456789abcdef"), Services(counters=Counter()))
    assert_type(binding, Binding)
    assert_type(binding.api, AsyncClient)
    accounts = Accounts({"/a": oa, "/b": binding})
    assert_type(accounts.at("example.com", "/a"), Binding)
    Accounts(lambda host, path: binding if path == "/b" else None)
    with oa.bound_to(oa.bind(oa.account)) as now:
        assert_type(now, Binding)
    OfficialAccount(oa.account, window=4.0, fetch_words=("继续",), drain_s=1)
    App(windows=4.0)  # type: ignore[call-arg]
    OfficialAccount(oa.account, windows=4.0)  # type: ignore[call-arg]
    Accounts({"/a": app})  # type: ignore[dict-item]


async def a_face_answers() -> None:
    assert_type(await oa.handle({}, b""), Answer)
    assert_type(oa.counters, Counter[str])
    assert_type(oa.blocking_api, Client)
