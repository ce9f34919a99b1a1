"""Settings of an account and of the rules are declared once: names, choices, bounds. Every way in knows them.

Source: issue 6 section 4 (the configuration can say everything; a mistake is named with what would have been right).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as shapes

from gongzhong import Account, OfficialAccount
from gongzhong.client import WireRequest
from gongzhong.errors import GongzhongError, SetupError
from gongzhong.platform import AccountConfig, Platform, PlatformConfig
from gongzhong.platform.config import load
from gongzhong.platform.doors.control.shapes import AccountChange
from gongzhong.platform.world.settings import AccountSettings, Rules
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

PAGES = Path(__file__).parents[2] / "web" / "src" / "api" / "types.ts"


def names(struct: type) -> set[str]:
    return {field.name for field in msgspec.structs.fields(struct)}


def test_every_shape_of_an_account_has_the_same_settings() -> None:
    settings = names(AccountSettings)
    assert names(AccountChange) == settings
    assert settings < names(AccountConfig)
    assert settings < names(AccountState)
    for field in msgspec.structs.fields(AccountConfig):
        assert field.name not in settings or field in msgspec.structs.fields(AccountSettings)


def test_the_pages_take_their_shape_of_an_account_from_the_declared_one() -> None:
    """`schema.ts` is generated, and held fresh by tests/unit/platform/test_page_types.py."""
    text = PAGES.read_text("utf-8")
    for name, shape in (("Account", "AccountState"), ("NewAccount", "AccountConfig")):
        assert f"export type {name} = Schemas['{shape}']" in text
    assert not re.search(r"^(interface|export interface) \w*Account", text, re.M)


def numbers(node: shapes.Type, place: str) -> Iterator[tuple[str, shapes.IntType | shapes.FloatType]]:
    if isinstance(node, shapes.Metadata):
        yield from numbers(node.type, place)
    elif isinstance(node, shapes.IntType | shapes.FloatType):
        yield place, node
    elif isinstance(node, shapes.DictType):
        yield from numbers(node.key_type, place)
        yield from numbers(node.value_type, place)


RULES = shapes.type_info(Rules)
assert isinstance(RULES, shapes.StructType)
BOUNDED = [one for field in RULES.fields for one in numbers(field.type, field.name)]


@pytest.mark.parametrize(("name", "kind"), BOUNDED, ids=[name for name, _ in BOUNDED])
def test_every_number_of_the_rules_has_bounds(name: str, kind: Any) -> None:
    low = kind.ge if kind.ge is not None else kind.gt
    assert low is not None
    assert kind.le is not None
    default = getattr(Rules(), name)
    assert all(low <= one <= kind.le for one in (default if isinstance(default, dict) else [default]))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("deliveries = 0", "rules.deliveries: must be from 1 to 10"),
        ("deliveries = 11", "rules.deliveries: must be from 1 to 10"),
        ("statistics_ready_hour = 99", "rules.statistics_ready_hour: must be from 0 to 23"),
        ("answer_timeout_s = 0", "rules.answer_timeout_s: must be more than 0 and at most 3600"),
        ("token_lifetime_s = 0", "rules.token_lifetime_s: must be from 1"),
        ('errcode_on_success = "alway"', "did you mean always? (there are: "),
        ("material_full_code = 1", "(there are: 45034, 45074)"),
        ('unicode_escapes = { "/x" = "kep" }', "did you mean keep?"),
    ],
)
def test_a_rule_out_of_its_bounds_is_refused(tmp_path: Path, rule: str, words: str) -> None:
    file = tmp_path / "bed.toml"
    file.write_text(f"[rules]\n{rule}\n", "utf-8")
    with pytest.raises(SetupError) as refused:
        load(file)
    assert words in refused.value.en
    assert re.search("[一-鿿]", refused.value.zh)


def test_rules_made_in_python_are_held_to_the_same_bounds() -> None:
    for rules in (Rules(deliveries=0), Rules(statistics_ready_hour=99)):
        with pytest.raises(SetupError, match="rules"):
            Platform(PlatformConfig(rules=rules))


MISTAKES: list[tuple[str, Any, str]] = [
    ("kind", "servce", "did you mean service? (there are: "),
    ("encryption", "saef", "did you mean safe? (there are: "),
    ("ip_allow_list_scope", "tokens", "did you mean token? (there are: all, token)"),
    ("ip_refusal_code", 40165, "(there are: 40164, 61004)"),
    ("page_error", 1, "(there are: 0, 10004, 10009, 10015, 10016)"),
    ("name", "", "must have 1 to 100 characters"),
]


@pytest.mark.parametrize(("name", "value", "words"), MISTAKES)
def test_every_way_in_names_the_choices(tmp_path: Path, name: str, value: Any, words: str) -> None:
    file = tmp_path / "bed.toml"
    lines = {"name": "a", name: value}
    file.write_text(
        "[[account]]\n" + "\n".join(f"{key} = {json.dumps(one)}" for key, one in lines.items()), "utf-8"
    )
    with pytest.raises(SetupError) as in_file:
        load(file)
    with pytest.raises(SetupError) as in_python:
        Platform(PlatformConfig(account=[AccountConfig(**lines)]))
    platform = LocalPlatform(PlatformConfig(account=[AccountConfig(name="shop", appid="wx1")]))
    with pytest.raises(GongzhongError) as in_fixture:
        platform.connect(OfficialAccount(Account.for_tests()), **{name: value})
    said = [in_file.value.en, in_python.value.en, in_fixture.value.en]
    for verb, path, body in (("PATCH", "accounts/wx1", {name: value}), ("POST", "accounts", lines)):
        request = WireRequest(
            method=verb,  # type: ignore[arg-type]
            url=f"http://127.0.0.1:8700/_platform/{path}",
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode(),
        )
        reply = platform.run(InProcessTransport(platform.server).send(request))
        assert reply.status == 400
        said.append(json.loads(reply.body)["error"]["en"])
    platform.close()
    for text in said:
        assert words in text
        assert name in text


def test_the_repr_of_an_account_shows_no_secret() -> None:
    platform = LocalPlatform(
        PlatformConfig(account=[AccountConfig(name="a", secret="s3cretsecret", token="t0kentoken")])
    )
    assert "s3cret" not in repr(platform.world.accounts)
    assert "s3cret" not in repr(platform.platform.config)
    platform.close()
