"""Events about a user's data name the user in their own element."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongzhong.messages import REVOCATIONS, Push, UserAuthorizationRevoke

EventMaker = Callable[..., Push]


def test_the_user_is_not_the_sender(event: EventMaker) -> None:
    for name in ("user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"):
        push = event(name, OpenID="oPerson")
        assert push.openid == "oPerson"
        assert push.from_user_name == "oABCD1234efgh5678ijkl9012mnop"


@pytest.mark.parametrize(
    ("info", "codes"),
    [("205", ("205",)), ("201, 205,", ("201", "205")), ("", ()), (None, ()), ("999", ("999",))],
)
def test_what_was_withdrawn(event: EventMaker, info: str | None, codes: tuple[str, ...]) -> None:
    elements = {} if info is None else {"RevokeInfo": info}
    push = event("user_authorization_revoke", OpenID="oPerson", **elements)
    assert isinstance(push, UserAuthorizationRevoke)
    assert push.revoked == codes


def test_every_code_of_official_accounts_is_explained() -> None:
    assert set(REVOCATIONS) == {"201", "202", "203", "204", "205", "206", "207", "301"}
