"""What a declaration in the catalogue says, and nothing about how it is carried out.

An API call is a value: a frozen struct whose fields are the parameters as WeChat spells them, and whose
`spec` says everything else (verb, path, where parameters go, quota, who may call, whether a repeat is safe).
The client encodes the struct, the platform decodes and validates the same one; forms, commands, tables and
the OpenAPI document are read from it. Adding an endpoint is adding one of these.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from .codes import ReturnCode
from .files import ANY_FILE as ANY_FILE
from .files import Download as Download
from .files import Upload as Upload

R = TypeVar("R")
T = TypeVar("T")


class Host(enum.StrEnum):
    """Which of WeChat's hosts a path belongs to; the value is the attribute of `Hosts`."""

    API = "api"
    MP = "mp"
    OPEN = "open"


class Accounts(enum.Flag):
    """Kinds of account (接口权限说明). Verified means enterprise verification (微信认证)."""

    UNVERIFIED_SUBSCRIPTION = enum.auto()
    VERIFIED_SUBSCRIPTION = enum.auto()
    UNVERIFIED_SERVICE = enum.auto()
    VERIFIED_SERVICE = enum.auto()
    TEST = enum.auto()


TEST = Accounts.TEST
VERIFIED_SERVICE = Accounts.VERIFIED_SERVICE
VERIFIED_SUBSCRIPTION = Accounts.VERIFIED_SUBSCRIPTION
VERIFIED = VERIFIED_SUBSCRIPTION | VERIFIED_SERVICE
EVERY_ACCOUNT = VERIFIED | Accounts.UNVERIFIED_SUBSCRIPTION | Accounts.UNVERIFIED_SERVICE | TEST


class Repeat(enum.Enum):
    """What may be done when no answer came."""

    SAFE = "safe"  # reading, or setting something to a value
    IF_NOT_SENT = "if_not_sent"  # only when the request surely never arrived


class Answer(enum.Enum):
    """The shape of a successful answer."""

    JSON = "json"
    BYTES = "bytes"  # a file; errors still come as JSON


class Status(enum.Enum):
    CURRENT = "current"
    RETIRED = "retired"


class Spec(msgspec.Struct, frozen=True):
    """How one endpoint is called. Quotas are per natural day in China; None means that none is published."""

    verb: Literal["GET", "POST"]
    path: str
    """With the `?action=…` that tells calls of one address apart, where there is one."""
    document: str = ""
    """Name of the official page."""
    accounts: Accounts = EVERY_ACCOUNT
    daily: int | None = None
    daily_test: int | None = None
    """Daily quota of the interface test account (测试号); `daily` when None."""
    per_minute: int | None = None
    repeat: Repeat = Repeat.SAFE
    once_by: str = ""
    """Name of the field with an id of the caller's by which WeChat carries the call out only once."""
    host: Host = Host.API
    token: bool = True
    """Whether the access_token goes into the query."""
    inject: Mapping[str, Literal["appid", "secret"]] = {}
    """Wire name → what of the account the client fills in; these are never fields of the struct."""
    query: frozenset[str] = frozenset()
    """Fields that travel in the query although the verb is POST."""
    answer: Answer = Answer.JSON
    errors: Sequence[int] = ()
    """Return codes that the official page lists, and those of the global table that name this call."""
    forms: bool = False
    """Whether the parameters of this POST may also come as a form body or in the query."""
    older_verb: Literal["GET", "POST"] | None = None
    """The verb that older pages gave, still understood."""
    codes: Mapping[int, ReturnCode] = {}
    """Return codes that mean something else here than in the global table."""
    wrapped: bool = False
    """Whether the return code comes in `base_resp` instead of beside the fields."""
    file_kind: str = ""
    """Kind of the uploaded file (image, voice), where no field `type` says it."""
    whole: str = ""
    """Name of the field that is the whole body: a text as it is, an object as JSON."""
    rest: str = ""
    """Name of the field whose entries are the rest of the query: for calls whose parameters are not declared."""
    status: Status = Status.CURRENT

    @property
    def address(self) -> str:
        """The path without the parameter that belongs to it."""
        return self.path.partition("?")[0]

    @property
    def action(self) -> dict[str, str]:
        """The parameter that belongs to the path."""
        return dict(parse_qsl(self.path.partition("?")[2]))

    def in_query(self, wire_name: str) -> bool:
        return self.verb == "GET" or wire_name in self.query

    def daily_for(self, kind: Accounts) -> int | None:
        """The default daily quota of one kind of account."""
        return self.daily_test if kind is TEST and self.daily_test is not None else self.daily


class Masked(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Shows itself without the fields named in `hidden`: tokens and secrets stay out of logs and
    tracebacks."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if name in self.hidden else repr(getattr(self, name))}"
            for name in self.__struct_fields__
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        # rich, and structlog with it, would take msgspec's own list of all fields.
        shown = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, "***" if name in self.hidden else value) for name, value in shown]


class Call(Masked, Generic[R], kw_only=True, frozen=True, omit_defaults=True):
    """Base of every API call; `R` is the type of its answer."""

    spec: ClassVar[Spec]
    returns: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Call):
                cls.returns = get_args(base)[0]

    @classmethod
    def name(cls) -> str:
        """The path without slashes at the ends: how a call is named in logs, errors and tables."""
        return cls.spec.path.strip("/")


class PagedCall(Call[R], Generic[R, T], kw_only=True, frozen=True, omit_defaults=True):
    """A call with a cursor: `walk` follows it. `R` is one page, `T` one item."""

    def items(self, page: R) -> Sequence[T]:
        """What this page holds."""
        raise NotImplementedError

    def following(self, page: R) -> PagedCall[R, T] | None:
        """The call for the next page, or None after the last."""
        raise NotImplementedError


class Reply(Masked, kw_only=True, frozen=True, omit_defaults=True):
    """Base of answers. Fields that WeChat adds later are ignored, not an error."""


class BaseResp(msgspec.Struct, kw_only=True, frozen=True):
    """Where the calls on advertisements put their return code."""

    err_msg: str = "ok"
    ret: int = 0


class Acknowledged(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """An answer that says `errcode` 0 and `errmsg` beside its fields; answers of reading calls have
    neither."""

    errmsg: ClassVar[str] = "ok"


class Ok(Acknowledged, kw_only=True, frozen=True, omit_defaults=True):
    """Done; there is nothing else to know."""
