"""Half an emoji and U+0000 are refused before anything is done, in both languages, whichever way they come in.

Source: RFC 8259 section 8.2 (an escape of one surrogate is no character) and RFC 3629 section 3 (UTF-8 has none).
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gongzhong import Account, OfficialAccount
from gongzhong.errors import SetupError
from gongzhong.platform import AccountConfig, PlatformConfig
from gongzhong.platform.config import load
from gongzhong.platform.doors.control.route import _require_whole_texts
from gongzhong.platform.world.refusal import BadInput
from gongzhong.testing import LocalPlatform

HALF = "小红\ud83d"


@pytest.fixture
def shop(platform: LocalPlatform) -> LocalPlatform:
    platform.connect(OfficialAccount(Account.for_tests()))
    return platform


def refused(problem: BaseException) -> bool:
    return isinstance(problem, BadInput | SetupError) and "半个字符" in problem.zh and "half" in problem.en


def test_people_and_scenes_of_the_fixture(shop: LocalPlatform) -> None:
    alice = shop.person("alice")
    for act in (
        lambda: shop.person(HALF),
        lambda: shop.person("bob", nickname=HALF),
        lambda: alice.follows(scene=HALF),
        lambda: alice.scans(HALF),
    ):
        with pytest.raises(BadInput) as problem:
            act()
        assert refused(problem.value)
    assert [person.name for person in shop.platform.people()] == ["alice"]
    assert shop.world.db.value("SELECT count(*) FROM qrcode") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"小红\ud83d", "half a character"),
        (r"\ude00小红", "half a character"),
        (r"\ud83d\ud83d\ude00", "half a character"),
        (r"\ude00\ud83d", "half a character"),
        (r"a\u0000b", "U+0000"),
        (r"\\\u0000", "U+0000"),
    ],
)
@pytest.mark.parametrize("path", ["people", "snapshots"])
def test_escapes_in_a_body(shop: LocalPlatform, text: str, words: str, path: str) -> None:
    status, answer = control(shop, path, f'{{"name": "{text}"}}')
    assert status == 400
    assert words in answer
    assert shop.platform.people() == []


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\u0000", r"\\ud83d", r"\u00e9\ud83d\ude00\u5c0f"])
def test_whole_characters_are_taken(shop: LocalPlatform, text: str) -> None:
    assert control(shop, "people", f'{{"name": "{text}"}}')[0] == 200


def control(platform: LocalPlatform, path: str, body: str) -> tuple[int, str]:
    from gongzhong.client import WireRequest
    from gongzhong.testing.in_process import InProcessTransport

    request = WireRequest(
        method="POST",
        url=f"http://127.0.0.1:8700/_platform/{path}",
        headers={"content-type": "application/json"},
        body=body.encode(),
    )
    reply = platform.run(InProcessTransport(platform.server).send(request))
    return reply.status, reply.body.decode()


def test_accounts_declared_in_python() -> None:
    for account in (AccountConfig(name=HALF), AccountConfig(name="shop", description=HALF)):
        with pytest.raises((BadInput, SetupError)) as problem:
            LocalPlatform(PlatformConfig(account=[account]))
        assert refused(problem.value)


@pytest.mark.parametrize(
    "lines",
    [
        ["[[account]]", 'name = "a\\u0000"'],
        ["[[recognised]]", 'kind = "comm"', 'key = "k"', 'result = { "\\u0000" = 1 }'],
    ],
)
def test_nul_in_a_configuration_file(tmp_path: Path, lines: list[str]) -> None:
    file = tmp_path / "bed.toml"
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(SetupError, match=r"bed\.toml") as problem:
        load(file)
    assert "U+0000" in problem.value.en


def test_a_body_full_of_files_is_checked_without_stopping_the_platform_for_seconds() -> None:
    """The control API takes 64 MB of base64 in a body; looking for escapes took 0.25 s for each MB of it."""
    for raw in (b"x" * 16_000_000, b"x" * 16_000_000 + b"\\ud83d\\ude00"):
        began = time.perf_counter()
        _require_whole_texts(raw, ())
        assert time.perf_counter() - began < 1
