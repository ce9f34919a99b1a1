"""No error, log line or repr repeats a secret or a token, whatever goes wrong."""

from __future__ import annotations

import importlib
import io
import logging
import pkgutil
import traceback
from typing import Any

import msgspec
import pytest
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

import gongzhong
from gongzhong.catalogue.model import Call, Ok, Spec
from gongzhong.client import Client, TokenPolicy, Tokens, WireReply
from gongzhong.client.transports.urllib3_transport import Urllib3Transport
from gongzhong.errors import GongzhongError

TOKEN = "88_t0ken-1"


class Send(Call[Ok], kw_only=True, frozen=True):
    """Send a text."""

    spec = Spec("POST", "/cgi-bin/send")
    text: str = "x"


def everything_said(error: BaseException) -> str:
    """All that a log, a crash reporter or a person at a prompt could see of an error, locals included."""
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next  # the test's own frame knows the secret, of course
    seen: list[str] = []
    formatted = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen += formatted.format()
    drawn = io.StringIO()
    rich = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
    Console(file=drawn, width=300).print(rich)
    seen.append(drawn.getvalue())
    chain: BaseException | None = error
    while chain is not None:
        seen += [repr(chain), str(chain), repr(chain.args), repr(vars(chain))]
        if isinstance(chain, GongzhongError):
            seen += [chain.text("zh"), chain.text("en")]
        chain = chain.__cause__ or chain.__context__
    return "\n".join(seen)


def wrong_answers(secret: str) -> dict[str, Any]:
    leaky = f"you sent access_token={TOKEN} and secret={secret}"
    html = {"content-type": "text/html"}
    return {
        "a code whose message repeats what was sent": {"errcode": 40003, "errmsg": leaky, "more": [leaky]},
        "a persistent 40001": {"errcode": 40001, "errmsg": leaky},
        "a page": WireReply(502, html, f"<title>{leaky}</title>{leaky}".encode()),
        "cut JSON": WireReply(200, {}, f'{{"errmsg":"{leaky}'.encode()),
        "a wrong shape": WireReply(200, {}, f'["{leaky}"]'.encode()),
    }


KINDS = list(wrong_answers(""))


@pytest.mark.parametrize("path", ["/cgi-bin/send", "/cgi-bin/stable_token", "/cgi-bin/token"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_error_repeats_a_credential(
    world: Any, secret: str, path: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.weixin.will(path, wrong_answers(secret)[kind])
    plain = "plain" if path.endswith("/token") else "stable"
    client = world.client(Tokens(clock=world.clock, policy=TokenPolicy(kind=plain)))
    with pytest.raises(GongzhongError) as caught:
        client.perform(Send())
    said = everything_said(caught.value) + caplog.text
    assert "send" in said or "token" in said
    assert secret not in said
    assert TOKEN not in said


def test_no_transport_error_or_log_line_repeats_a_credential(
    world: Any, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = Tokens(clock=world.clock, policy=TokenPolicy(kind="plain"))
    transport = Urllib3Transport()
    client = Client(world.account, transport, tokens, world.clock, policy=world.policy)
    with pytest.raises(GongzhongError) as caught:
        client.perform(Send())
    assert secret not in everything_said(caught.value) + caplog.text


class Unencodable(Call[Ok], kw_only=True, frozen=True):
    """Has a value that no JSON can hold, beside the secret."""

    spec = Spec("POST", "/cgi-bin/unencodable", inject={"secret": "secret"})
    thing: Any


def test_a_call_that_cannot_be_written_shows_no_credential(world: Any, secret: str) -> None:
    with pytest.raises(TypeError) as caught:
        world.client().perform(Unencodable(thing=object()))
    said = everything_said(caught.value)
    assert "encode" in said
    assert secret not in said and TOKEN not in said


def every_struct(base: type[Any] = msgspec.Struct) -> set[type[Any]]:
    return {base}.union(*(every_struct(one) for one in base.__subclasses__()))


def test_what_hides_fields_in_its_repr_hides_them_from_rich_too() -> None:
    """rich asks `__rich_repr__`, which msgspec gives every struct with all its fields."""
    for module in pkgutil.walk_packages(gongzhong.__path__, "gongzhong."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    hiding = [one for one in every_struct() if "__repr__" in vars(one) and one is not msgspec.Struct]
    assert len(hiding) >= 5
    assert [one for one in hiding if "__rich_repr__" not in vars(one)] == []


def test_what_holds_credentials_does_not_show_them(world: Any, secret: str) -> None:
    client = world.client()
    client.perform(Send())
    held: list[Any] = [
        client,
        client.account,
        client.tokens.store.get(f"{world.account.hosts.api}|{world.account.appid}|access_token"),
        client.users,
        *world.weixin.requests,
    ]
    for thing in held:
        shown = repr(thing) + str(thing) + pretty_repr(thing)
        assert secret not in shown
        assert TOKEN not in shown
