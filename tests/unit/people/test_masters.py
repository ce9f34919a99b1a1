"""The master key: what is taken as one, and that it is never shown; where the key store may be."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from gongzhong import Secret
from gongzhong.config import PeopleData
from gongzhong.database import read_url
from gongzhong.errors import SetupError
from gongzhong.people.masters import LocalMaster, read_master, read_master_file
from gongzhong.people.people import key_store_of, masters_of

KEY = bytes(range(223, 255))


def test_a_master_key_is_32_bytes_in_base64_of_either_alphabet() -> None:
    assert read_master(Secret(b64encode(KEY).decode())).name == LocalMaster(KEY).name
    assert read_master(Secret(urlsafe_b64encode(KEY).decode() + "\n")).name == LocalMaster(KEY).name
    assert LocalMaster(KEY).name != LocalMaster(KEY[::-1]).name


@pytest.mark.parametrize(
    "text", ["", "short", "我的密码", b64encode(KEY[:16]).decode(), b64encode(KEY).decode() + "!"]
)
def test_another_text_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SetupError, match="openssl rand") as refused:
        read_master(Secret(text))
    assert not text or text not in str(refused.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master"
    file.write_bytes(b64encode(KEY))
    file.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        read_master_file(file)
    file.chmod(0o600)
    assert read_master_file(file).name == LocalMaster(KEY).name
    with pytest.raises(SetupError):
        read_master_file(tmp_path / "missing")


async def wraps(master: LocalMaster) -> bytes:
    return await master.wrap(b"k" * 32, b"context")


@pytest.mark.anyio
async def test_a_wrapped_key_opens_with_its_key_and_context_only() -> None:
    wrapped = await wraps(LocalMaster(KEY))
    assert await LocalMaster(KEY).unwrap(wrapped, b"context") == b"k" * 32
    for master, context in [(LocalMaster(KEY), b"other"), (LocalMaster(b"o" * 32), b"context")]:
        with pytest.raises(SetupError):
            await master.unwrap(wrapped, context)


def test_the_key_store_is_never_in_the_database_of_the_data() -> None:
    data = read_url("sqlite:///data/gongzhong.db")
    assert key_store_of(data, None).path == "data/gongzhong-keys.db"
    postgres = read_url("postgresql://app:pw@db/gongzhong")
    keys = read_url("postgresql://app:pw@db/gongzhong_keys")
    assert key_store_of(postgres, keys) is keys
    for url, given in [
        (data, read_url("sqlite:///./data/gongzhong.db")),
        (postgres, postgres),
        (postgres, None),
    ]:
        with pytest.raises(SetupError):
            key_store_of(url, given)


KMS = """
from gongzhong.people import LocalMaster, Masters

class Service:
    name = "kms-1"
    async def wrap(self, key, context):
        return b"K" + await LocalMaster(b"k" * 32).wrap(key, context)
    async def unwrap(self, wrapped, context):
        return await LocalMaster(b"k" * 32).unwrap(wrapped[1:], context)

def master():
    return Service()

def both():
    return Masters(Service(), [LocalMaster(b"o" * 32)])

def wrong():
    return "key"
"""


@pytest.fixture
def kms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shop_kms.py").write_text(KMS, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "shop_kms"


@pytest.mark.anyio
async def test_a_key_service_is_named_by_its_function(kms: str) -> None:
    local = Secret(b64encode(KEY).decode())
    masters = masters_of(PeopleData(kms=f"{kms}:master", master_key=local))
    assert masters is not None
    assert masters.present.name == "kms-1"
    wrapped = await masters.present.wrap(b"k" * 32, b"context")
    assert await masters.named("kms-1").unwrap(wrapped, b"context") == b"k" * 32
    before = await wraps(LocalMaster(KEY))
    assert await masters.named(LocalMaster(KEY).name).unwrap(before, b"context") == b"k" * 32
    both = masters_of(PeopleData(kms=f"{kms}:both"))
    assert both is not None
    assert both.named(LocalMaster(b"o" * 32).name)
    assert masters_of(PeopleData()) is None


@pytest.mark.parametrize(
    "path", ["nothing", "shop_kms:missing", "no_module:master", "shop_kms:wrong", ":master"]
)
def test_what_is_no_key_service_is_said(kms: str, path: str) -> None:
    with pytest.raises(SetupError, match=r"people\.kms"):
        masters_of(PeopleData(kms=path))
