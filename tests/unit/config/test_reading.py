"""A configuration is put together from file, variables and options; whatever is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gongzhong.config import Configuration, Settings, WrongConfiguration, every_setting, read
from gongzhong.config.reference import reference
from gongzhong.errors import SetupError

APPID = "wx1234567890abcdef"
SECRET = "0123456789abcdef0123456789abcdef"
ACCOUNT = f'[[account]]\nappid = "{APPID}"\n'


def config_of(folder: Path, text: str, env: dict[str, str] | None = None, **options: Any) -> Configuration:
    file = folder / "gongzhong.toml"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return read(file, env or {}, {name.replace("__", "."): value for name, value in options.items()})


def mistakes_of(folder: Path, text: str, env: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """Of each key that is wrong its place and what the error says in English."""
    with pytest.raises(WrongConfiguration) as caught:
        config_of(folder, text, env)
    return {one.key: (Path(one.place).name, one.en) for one in caught.value.mistakes}


def test_an_option_goes_before_a_variable_and_a_variable_before_the_file(tmp_path: Path) -> None:
    text = '[serve]\nhost = "127.0.0.2"\nport = 1\nworkers = 2\n'
    found = config_of(tmp_path, text, {"GONGZHONG_PORT": "2", "GONGZHONG_HOST": "::1"}, serve__host="::")
    serve = found.settings.serve
    assert (serve.host, serve.port, serve.workers, serve.drain_s) == ("::", 2, 2, None)
    kinds = {entry.key: (entry.source.kind, entry.source.place) for entry in found.entries()}
    assert kinds["serve.host"] == ("option", "--host")
    assert kinds["serve.port"] == ("variable", "GONGZHONG_PORT")
    assert kinds["serve.workers"] == ("file", f"{tmp_path}/gongzhong.toml:4")
    assert kinds["serve.drain_s"] == ("default", "")


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    text = """
        databse = "sqlite:///a.db"
        [serve]
        port = 80801
        wokers = 3
        state = "memory:"
        drain_s = "20"
        [log]
        format = "jsn"
        [nonsense]
        [[account]]
        name = "News"
        appid = "wx1"
    """
    found = mistakes_of(tmp_path, text, {"GONGZHONG_ACCESS_LOG": "perhaps"})
    assert found["databse"] == ("gongzhong.toml:2", "there is no such setting; did you mean database?")
    assert found["serve.port"] == (
        "gongzhong.toml:4",
        "must be a whole number (≥ 0, ≤ 65535), not 80801",
    )
    assert found["serve.wokers"] == ("gongzhong.toml:5", "there is no such setting; did you mean workers?")
    assert found["serve.state"][1].endswith("state stands before the first table")
    assert found["serve.drain_s"][0] == "gongzhong.toml:7"
    assert found["log.format"][1] == "must be human or json; did you mean json?"
    assert "nonsense" in found
    assert found["account.News.name"][0] == "gongzhong.toml:12"
    assert found["serve.access_log"] == ("GONGZHONG_ACCESS_LOG", "must be true or false, not 'perhaps'")


def test_an_account_that_wechat_cannot_have_given_is_told_with_its_line(tmp_path: Path) -> None:
    text = (
        f'{ACCOUNT}token = "a b"\n[[account]]\nname = "news"\nappid = "gh_1"\naes_key = "short"\npath = "x"\n'
    )
    found = mistakes_of(tmp_path, text)
    assert {key: place for key, (place, _) in found.items()} == {
        "account.token": "gongzhong.toml:3",
        "account.path": "gongzhong.toml:2",
        "account.news.appid": "gongzhong.toml:6",
        "account.news.aes_key": "gongzhong.toml:7",
        "account.news.path": "gongzhong.toml:8",
    }
    assert "original ID" in found["account.news.appid"][1]


@pytest.mark.parametrize(
    ("first", "second", "key", "words"),
    [
        ('path = "/a"', 'path = "/a/"', "account.b.path", "is that of the account a already"),
        (
            'host = "A.test"',
            'host = "a.test"\npath = "/"',
            "account.b.path",
            "a.test is that of the account a",
        ),
        ('host = "a.test"', "", "account.b.path", "neither path nor host"),
        ('path = "/a"', 'path = "/b?c"', "account.b.path", "must begin with /"),
        ('path = "/a"', 'host = "https://b.test"', "account.b.host", "must be a host name"),
        ('path = "/a"', 'host = "b.test:443"', "account.b.host", "must be a host name"),
    ],
)
def test_an_address_that_finds_no_account_or_two_is_told(
    tmp_path: Path, first: str, second: str, key: str, words: str
) -> None:
    tables = [
        f'[[account]]\nname = "{name}"\nappid = "wx000000000000000{name}"\n{more}\n'
        for name, more in (("a", first), ("b", second))
    ]
    found = mistakes_of(tmp_path, "".join(tables))
    assert list(found) == [key]
    assert words in found[key][1]


def test_several_accounts_without_any_address_are_noted(tmp_path: Path) -> None:
    text = f'{ACCOUNT}[[account]]\nname = "b"\nappid = "wx000000000000000b"\n'
    assert ["none with path or host" in one.en for one in config_of(tmp_path, text).notes] == [True]


def test_the_value_of_a_secret_is_in_no_mistake(tmp_path: Path) -> None:
    text = f'{ACCOUNT}secret = "hush hush hush"\n[[account]]\nname = "b"\nappid = "{APPID}"\nsecret = 4711471147\n'
    with pytest.raises(WrongConfiguration) as caught:
        config_of(tmp_path, text, {"GONGZHONG_B_TOKEN": "hush-hush"})
    shown = repr(caught.value) + caught.value.text("zh") + caught.value.text("en")
    assert "hush" not in shown
    assert "4711471147" not in shown


@pytest.mark.parametrize("form", ["plain", "beside", "variable", "credential", "named_credential"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, form: str) -> None:
    file = tmp_path / "gongzhong_secret"
    file.write_text(SECRET + "\n", "utf-8")
    file.chmod(0o600)
    lines, env = {
        "plain": (f'secret_file = "{file}"', {}),
        "beside": ('secret_file = "gongzhong_secret"', {}),
        "variable": ("", {"GONGZHONG_SECRET_FILE": str(file)}),
        "credential": ("", {"CREDENTIALS_DIRECTORY": str(tmp_path)}),
        "named_credential": (
            'secret_file = "$CREDENTIALS_DIRECTORY/gongzhong_secret"',
            {"CREDENTIALS_DIRECTORY": str(tmp_path)},
        ),
    }[form]
    found = config_of(tmp_path, ACCOUNT + lines, env)
    assert found.settings.account[0].account().secret.reveal() == SECRET
    assert found.notes == []
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('secret_file = "absent"', "cannot read"),
        ("secret_file = 3", "must be the path of a file"),
        ('secret_file = "$CREDENTIALS_DIRECTORY/x"', "no systemd unit"),
        ('secret_file = "gongzhong.toml"\nsecret = "x"', "not both"),
    ],
)
def test_a_file_of_a_secret_that_cannot_be_read_is_told(tmp_path: Path, line: str, problem: str) -> None:
    found = mistakes_of(tmp_path, ACCOUNT + line)
    assert problem in next(iter(found.values()))[1]


def test_each_account_has_variables_of_its_own(tmp_path: Path) -> None:
    text = f'{ACCOUNT}[[account]]\nname = "news"\nappid = "wx00000000000000ff"\n'
    found = config_of(tmp_path, text, {"GONGZHONG_NEWS_TOKEN": "newstoken", "GONGZHONG_TOKEN": "token0"})
    assert [one.token.reveal() for one in found.settings.account] == ["token0", "newstoken"]
    assert [one.prefix for one in found.settings.account] == ["GONGZHONG_", "GONGZHONG_NEWS_"]


def test_the_account_of_the_environment_has_an_address_beside_those_of_the_file(tmp_path: Path) -> None:
    env = {"GONGZHONG_APPID": "wx00000000000000ff", "GONGZHONG_CALLBACK_PATH": "/main"}
    text = '[[account]]\nname = "news"\nappid = "wx00000000000000aa"\n'
    found = config_of(tmp_path, text, {**env, "GONGZHONG_NEWS_CALLBACK_HOST": "news.example.com"})
    assert [one.address for one in found.settings.account] == ["/main", "news.example.com"]


def test_the_environment_alone_names_an_account(tmp_path: Path) -> None:
    found = read(None, {"GONGZHONG_APPID": APPID, "GONGZHONG_SECRET": SECRET, "GONGZHONG_CONFIG": ""})
    assert [one.appid for one in found.settings.account] == [APPID]
    assert found.settings.account[0].account().encryption == "plain"


def test_programs_read_what_the_file_says_from_the_environment(tmp_path: Path) -> None:
    text = f"""
        database = "postgresql://app:geheim@db/gongzhong"
        [replies]
        replay_window = "off"
        {ACCOUNT}
        secret = "{SECRET}"
        [[account]]
        name = "news"
        appid = "wx00000000000000ff"
    """
    env = {"GONGZHONG_SECRET": "f" * 32, "GONGZHONG_NEWS_STATE": "redis://cache", "GONGZHONG_TOKEN": " "}
    config_of(tmp_path, text, dict(env)).fill(env)
    address = "postgresql://app:geheim@db/gongzhong"
    assert env == {
        "GONGZHONG_APPID": APPID,
        "GONGZHONG_SECRET": "f" * 32,
        "GONGZHONG_TOKEN": " ",
        "GONGZHONG_NEWS_APPID": "wx00000000000000ff",
        "GONGZHONG_DATABASE": address,
        "GONGZHONG_STATE": address,
        "GONGZHONG_NEWS_DATABASE": address,
        "GONGZHONG_NEWS_STATE": "redis://cache",
        "GONGZHONG_REPLAY_WINDOW": "off",
        "GONGZHONG_FILLED": "GONGZHONG_APPID GONGZHONG_DATABASE GONGZHONG_NEWS_APPID GONGZHONG_NEWS_DATABASE "
        "GONGZHONG_REPLAY_WINDOW GONGZHONG_STATE",
    }


def test_addresses_are_shown_without_their_passwords(tmp_path: Path) -> None:
    found = config_of(
        tmp_path,
        'database = "postgresql://app:geheim@db:5432/x?sslmode=require"\nstate = "redis://:geheim@c/0"\n',
    )
    shown = {entry.key: entry.shown() for entry in found.entries()}
    assert shown["database"] == "postgresql://app:***@db:5432/x?sslmode=***"
    assert shown["state"] == "redis://:***@c/0"


@pytest.mark.parametrize(
    "address", ["redis://:hun/ter2@h:1/0", "redis://u:hun@ter2@h/0", "redis://h/0?password=hun2"]
)
def test_no_form_of_an_address_shows_its_password(tmp_path: Path, address: str) -> None:
    shown = {entry.key: entry.shown() for entry in config_of(tmp_path, f'state = "{address}"\n').entries()}
    assert "hun" not in shown["state"]
    assert "***" in shown["state"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[serve\n", "no TOML: line 1"),
        ("a = " + "[" * 100_000, "no TOML: nested too deeply"),
        ("\udcff", "no TOML: not valid UTF-8"),
        ("#" * 1024 * 1024 + "\n", "longer than 1 MB"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "gongzhong.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SetupError) as caught:
        read(file, {})
    assert problem in caught.value.en


@pytest.mark.parametrize(
    "text", ["serve = 3", "[[serve]]", 'account = "x"', "[account.a]\nb = 1", "[[log.a]]"]
)
def test_a_table_of_another_form_is_a_mistake(tmp_path: Path, text: str) -> None:
    assert mistakes_of(tmp_path, text)


def test_what_has_no_effect_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "gongzhong.toml"
    file.write_text(f'{ACCOUNT}secret = "{SECRET}"\n', "utf-8")
    file.chmod(0o644)
    notes = [one.en for one in read(file, {"GONGZHONG_DATABSE": "x", "GONGZHONG_OTHER_THING": "y"}).notes]
    assert notes == [
        "the variable GONGZHONG_DATABSE has no effect; did you mean GONGZHONG_DATABASE?",
        f"{file} holds secrets and others may read it: chmod 600 {file}",
    ]


def test_every_setting_says_in_both_languages_what_it_is_for() -> None:
    every = list(every_setting(Settings))
    assert len(every) > 40
    for setting in every:
        assert setting.about.zh
        assert setting.about.en
        assert setting.variable() or setting.table == "account"
    variables = [setting.about.variable for setting in every if setting.about.variable]
    assert len(variables) == len(set(variables))


@pytest.mark.parametrize(("page", "lang"), [("operation.md", "en"), ("operation.zh-CN.md", "zh")])
def test_the_reference_in_the_documentation_is_fresh(page: str, lang: Any) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text("utf-8")
    assert reference(lang) in text, "run scripts/write_settings.py"
