"""Which account may make which call (接口权限说明): refused with 48001 before anything else is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.catalogue.model import Accounts, Host, Status
from gongzhong.catalogue.registry import CALLS, AnyCall, by_path, chapter_of
from gongzhong.errors import PermissionDenied

from .conftest import refused
from .shop import SECRET, Shop

UNAUTHORIZED = 48001
KINDS: dict[Accounts, dict[str, Any]] = {
    Accounts.UNVERIFIED_SUBSCRIPTION: {"kind": "subscription", "verified": False},
    Accounts.VERIFIED_SUBSCRIPTION: {"kind": "subscription"},
    Accounts.UNVERIFIED_SERVICE: {"kind": "service", "verified": False},
    Accounts.VERIFIED_SERVICE: {"kind": "service"},
    Accounts.TEST: {"kind": "test"},
}
PAGES = """
    /cgi-bin/callback/check                          Y Y Y Y Y
    /cgi-bin/openapi/quota/get                       Y Y Y Y Y
    /cgi-bin/menu/create                             - Y - Y Y
    /cgi-bin/menu/addconditional                     - Y - Y Y
    /cgi-bin/get_current_selfmenu_info               Y Y Y Y Y
    /cgi-bin/get_current_autoreply_info              Y Y Y Y Y
    /cgi-bin/template/api_add_template               - - - Y Y
    /cgi-bin/message/template/send                   - - - Y Y
    /cgi-bin/message/template/subscribe              - Y - Y -
    /cgi-bin/message/subscribe/bizsend               - - - Y -
    /cgi-bin/message/custom/send                     - Y - Y Y
    /cgi-bin/message/mass/sendall                    - Y - Y Y
    /cgi-bin/message/mass/send                       - - - Y -
    /cgi-bin/user/info                               - Y - Y Y
    /cgi-bin/user/get                                - Y - Y Y
    /cgi-bin/user/info/updateremark                  - Y - Y Y
    /cgi-bin/tags/create                             - Y - Y Y
    /cgi-bin/qrcode/create                           - - - Y Y
    /cgi-bin/media/upload                            Y Y Y Y Y
    /cgi-bin/media/uploadimg                         Y Y Y Y Y
    /cgi-bin/material/add_material                   Y Y Y Y Y
    /cgi-bin/draft/add                               Y Y Y Y Y
    /cgi-bin/freepublish/submit                      - Y - Y Y
    /cgi-bin/comment/open                            - Y - Y -
    /customservice/kfaccount/add                     - Y - Y -
    /datacube/getusersummary                         - Y - Y Y
"""
"""The table of the official pages: unverified and verified subscription, unverified and verified service, test
account."""


def rows() -> list[tuple[str, str]]:
    """Path and the five letters of each line of the table."""
    return [(path, "".join(letters)) for path, *letters in map(str.split, PAGES.strip().splitlines())]


def chapters() -> dict[str, list[AnyCall]]:
    """Every call in force that takes a token, by chapter."""
    found: dict[str, list[AnyCall]] = {}
    for call in CALLS:
        spec = call.spec
        if spec.token and spec.host is Host.API and spec.status is Status.CURRENT:
            found.setdefault(chapter_of(call), []).append(call)
    return found


def tried(shop: Shop, call: AnyCall) -> int:
    """What an empty request is answered: 48001, or whatever the call makes of it."""
    query = {"access_token": shop.api.access_token()} | call.spec.action
    body: dict[str, Any] | None = {} if call.spec.verb == "POST" else None
    answer = shop.ask(call.spec.verb, call.spec.address, query=query, json=body)
    code: int = answer["base_resp"]["ret"] if call.spec.wrapped else answer.get("errcode", 0)
    return code


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name.lower())
def owner(request: pytest.FixtureRequest) -> Iterator[tuple[Accounts, Shop]]:
    with Shop.opened(**KINDS[request.param]) as shop:
        yield request.param, shop


@pytest.mark.parametrize(("path", "letters"), rows())
def test_the_table_of_the_pages(owner: tuple[Accounts, Shop], path: str, letters: str) -> None:
    kind, shop = owner
    call = by_path(path)
    assert call is not None
    allowed = letters[list(KINDS).index(kind)] == "Y"
    assert (tried(shop, call) != UNAUTHORIZED) == allowed


@pytest.mark.parametrize("chapter", chapters())
def test_every_chapter_keeps_to_its_declarations(owner: tuple[Accounts, Shop], chapter: str) -> None:
    kind, shop = owner
    calls = chapters()[chapter]
    answered = {call.name(): tried(shop, call) != UNAUTHORIZED for call in calls}
    assert answered == {call.name(): kind in call.spec.accounts for call in calls}


def test_the_refusal_comes_before_the_count_and_the_content() -> None:
    with Shop.opened(kind="subscription", call_limits={"/cgi-bin/qrcode/create": 0}) as shop:
        assert shop.call("/cgi-bin/qrcode/create", {"action_name": "nonsense"}) == UNAUTHORIZED
        shop.platform.change(shop.oa, kind="service")
        assert shop.call("/cgi-bin/qrcode/create", {"action_name": "nonsense"}) == 45009


def test_the_client_names_the_cause() -> None:
    with Shop.opened(kind="subscription", verified=False) as shop:
        with pytest.raises(PermissionDenied, check=lambda error: error.errcode == UNAUTHORIZED) as error:
            shop.api.users.list()
        assert error.value.errmsg.startswith("api unauthorized rid: ")
        assert error.value.call == "cgi-bin/user/get"


def test_an_account_that_loses_its_verification_loses_its_calls() -> None:
    with Shop.opened(kind="subscription") as shop:
        assert shop.api.tags.list().tags
        shop.platform.change(shop.oa, verified=False)
        with refused(UNAUTHORIZED):
            shop.api.tags.list()
        assert shop.api.drafts.count().total_count == 0
        shop.platform.change(shop.oa, verified=True)
        assert shop.api.tags.list().tags


@pytest.mark.parametrize(
    ("kind", "code"), [("subscription", UNAUTHORIZED), ("service", 40029), ("test", 40029)]
)
def test_web_authorisation_is_for_service_and_test_accounts(kind: str, code: int) -> None:
    with Shop.opened(kind=kind) as shop:
        query = {"appid": shop.state.appid, "secret": SECRET, "code": "x", "grant_type": "authorization_code"}
        assert shop.code("GET", "/sns/oauth2/access_token", query=query) == code
