"""Programs that break one norm each, and one that keeps them all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gongzhong.gateway import make_key
from gongzhong.norms import NORMS, Line, Norm

from .conftest import MASTER, Check, of

ENCRYPTED = {"GONGZHONG_PEOPLE_MASTER_KEY": MASTER, "GONGZHONG_DATABASE": "sqlite:///data.db"}
GOOD = """
oa.collects("phone", purpose="送货时联系您", text_version="1", text="只用于送货，回复“撤回”即删除", keep_days=90)
oa.collects("nickname", purpose="称呼", text_version="1", text="在消息里称呼您", keep_days=365, item=205)
oa.collects("tagid_list", purpose="分组通知", text_version="1", basis="service")


@oa.text("订货")
async def order(message: Text) -> str:
    return oa.records.ask(["phone"])


@oa.text("同意")
async def agree(message: Text) -> str:
    await oa.records.consent(message.openid, ["phone"], how="chat")
    await oa.records.store(message.openid, "phone", "1")
    return "感谢您关注我们，已记下。取消关注后即删除"


def send(client: object) -> None:
    client.template.send(touser="o", template_id="t", data={"thing1": {"value": "您的书已到货"}})
"""
PAGE = """<html><body>
<a href="https://example.com/">其他网站</a>
<button onclick="go()">授权</button>
<script>
function go() {
  location.href = "https://open.weixin.qq.com/connect/oauth2/authorize?scope=snsapi_userinfo";
}
document.getElementById("a").addEventListener("click", function () { location.href = "https://example.com"; });
if (history.length > 1) { location.replace("/cart"); }
</script></body></html>
"""


def test_a_program_that_keeps_every_norm(checked: Check) -> None:
    findings = checked(GOOD, {"templates/page.html": PAGE}, ENCRYPTED)
    assert of(findings, "broken", "doubtful") == []
    assert [one.norm for one in findings if one.verdict == "kept"] == [norm.key for norm in NORMS]


FIELD = 'oa.collects("phone", purpose="送货", text_version="1", {0})\n'
CONSENT = 'async def agree() -> None:\n    await oa.records.consent("o", ["phone"], how="chat")\n'

BROKEN = [
    ("purpose", "collects('phone')", FIELD.format("keep_days=9") + CONSENT),
    ("necessary", "collects('phone')", FIELD.format('text="告知"') + CONSENT),
    ("consent", "collects('phone')", FIELD.format('basis="service", item=205')),
    (
        "revoke",
        "collects('nickname')",
        FIELD.replace("phone", "nickname").format('text="告知", keep_days=9') + CONSENT.replace("phone", "nickname"),
    ),
    ("consent", "shop.py:8", 'async def save() -> None:\n    await oa.records.store("o", "phone", "1")\n'),
    ("consent", "shop.py:8", 'async def ask() -> None:\n    oa.records.ask(["phone"])\n'),
    (
        "isolation",
        "shop.py:8",
        'def other(people) -> None:\n    people.records("wx0123456789abcdef", oa.purposes)\n',
    ),
    ("content", "shop.py:7", 'SAID = "分享到朋友圈即可领取红包"\n'),
    ("content", "shop.py:7", 'SAID = "关注公众号，免费领取资料"\n'),
    ("content", "shop.py:7", 'SAID = f"{oa}集赞 30 个送你一本书"\n'),
    ("content", "shop.py:7", 'SAID = "提供代开发票"\n'),
    ("partnership", "shop.py:7", 'SAID = "我们是腾讯战略合作伙伴"\n'),
    ("partnership", "shop.py:7", 'SAID = "In partnership with Tencent"\n'),
    ("templates", "shop.py:8", 'def send(api) -> None:\n    api.template.send(data={"a": {"value": "限时特价"}})\n'),
    ("log-in", "shop.py:7", 'LOGIN = "https://mp.weixin.qq.com/cgi-bin/bizlogin?action=startlogin"\n'),
    (
        "log-in",
        "shop.py:9",
        "@oa.middleware\nasync def everywhere(push, call_next):\n"
        '    link = oauth.authorize_url("https://a.example/", browser_nonce="", scope="snsapi_userinfo")\n',
    ),
    ("tracking", "shop.py:8", 'def link(openid: str) -> str:\n    return f"https://a.example/?openid={openid}"\n'),
    ("tracking", "shop.py:7", 'SAID = "查看谁看过我"\n'),
    (
        "redirects",
        "shop.py:8",
        'def leave(request):\n    return redirect(request.args["next"])\n',
    ),
    ("redirects", "shop.py:7", "PAGE = '<meta http-equiv=\"refresh\" content=\"0; url=https://b.example/\">'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("norm", "where", "code"), BROKEN)
def test_code_that_breaks_one_norm(checked: Check, norm: str, where: str, code: str) -> None:
    assert of(checked("\n" + code, env=ENCRYPTED)) == [(norm, where)]


PAGES = [
    ("redirects", "page.html:3", "<html>\n<script>\nlocation.href = 'https://b.example/';\n</script>"),
    (
        "redirects",
        "page.html:2",
        "<script>\nwindow.onload = function () { window.location.replace('https://b.example/') }</script>",
    ),
    ("redirects", "page.html:1", "<script>setTimeout(() => { location = next }, 500)</script>"),
    ("redirects", "page.html:1", "<body onload=\"location.href='https://b.example/'\">"),
    (
        "log-in",
        "page.html:3",
        "<script>\nif (!seen) {\n"
        "  location.href = 'https://open.weixin.qq.com/connect/oauth2/authorize?scope=snsapi_userinfo';\n}\n</script>",
    ),
    ("tracking", "page.html:1", '<img src="/p.gif" width="1" height="1">'),
    ("content", "page.html:1", "<p>转发给好友解锁</p>"),
]


@pytest.mark.parametrize(("norm", "where", "page"), PAGES)
def test_pages_that_break_one_norm(checked: Check, norm: str, where: str, page: str) -> None:
    assert of(checked(files={"page.html": page})) == [(norm, where)]


def test_what_may_be_right_is_doubtful(checked: Check) -> None:
    code = (
        '\ndef leave():\n    return RedirectResponse("https://b.example/")\n\n\nasync def join(user, api):\n'
    )
    code += "    await api.users.get(openid=user.unionid)\n"
    page = '<script src="https://hm.baidu.com/hm.js"></script>'
    assert of(checked(code, {"page.html": page}), "broken", "doubtful") == [
        ("purpose", "shop.py:12"),
        ("isolation", "shop.py:12"),
        ("tracking", "page.html:1"),
        ("redirects", "shop.py:8"),
    ]


def test_a_comment_allows_what_is_right(checked: Check) -> None:
    code = "\n# norms: allow content (we warn of this)\nSAID = '谨防“分享领取红包”的骗局'\n"
    findings = checked(code)
    assert of(findings) == []
    assert of(findings, "allowed") == [("content", "shop.py:8")]


SESSIONS = "\n@oa.text\nasync def count(message, session) -> str:\n    return ''\n"
HANDLED = "\n@oa.on(Unsubscribe)\nasync def left(event) -> None:\n    pass\n"


@pytest.mark.parametrize(
    ("code", "env", "place"),
    [
        (SESSIONS, {}, [("unsubscribe", "")]),
        (SESSIONS + HANDLED, {}, []),
        (SESSIONS, ENCRYPTED, []),
        (SESSIONS, {**ENCRYPTED, "GONGZHONG_PEOPLE_UNSUBSCRIBE": "keep"}, [("unsubscribe", "people.unsubscribe")]),
        ("\n@oa.default\nasync def echo(message) -> str:\n    return ''\n", {}, []),
        ("\n@oa.event\nasync def any_event(event) -> None:\n    pass\n" + SESSIONS, {}, [("unsubscribe", "")]),
    ],
)  # fmt: skip
def test_unsubscribing_is_dealt_with(
    checked: Check, code: str, env: dict[str, str], place: list[tuple[str, str]]
) -> None:
    assert of(checked(code, env=env)) == place


def test_withdrawals_are_dealt_with_where_people_sign_in(checked: Check) -> None:
    names = "UserAuthorizationCancellation as Closed, UserAuthorizationRevoke as Revoked"
    code = f"\nfrom gongzhong.messages import {names}\n"
    signs_in = "\ndef pages(account, client):\n    return OAuth(account, client)\n"
    assert of(checked(code + signs_in)) == [("revoke", "shop.py:10"), ("revoke", "shop.py:10")]
    handled = "\n@oa.on(Revoked, Closed)\nasync def erase(event) -> None:\n    pass\n"
    assert of(checked(code + signs_in + handled)) == []
    assert of(checked(code + signs_in, env=ENCRYPTED)) == []


SECRET = "8f3b2c9d71e64a05b8c2f9e07d1a6b34"
KEY = "Vb7QxN2mLk9TzR4cYw8HsJ1fPd6GaE3uCo5iXt0nBqA"
FOUND = [
    f'SECRET = "{SECRET}"',
    f"GONGZHONG_SECRET={SECRET}",
    f'client = WeChatClient("wx0123456789abcdef", "{SECRET}")',
    f'aes_key = "{KEY}"',
    f"master_key = {MASTER}",
    "-----BEGIN PRIVATE KEY-----",
    "database = 'postgresql://shop:Tr0ub4dor@db/shop'",
    f"GONGZHONG_NEWS_TOKEN={SECRET[:20]}",
    "gzk_3fa94c01_" + KEY,
]


@pytest.mark.parametrize("line", FOUND)
def test_a_secret_in_a_file_is_named_by_its_line_and_never_shown(checked: Check, line: str) -> None:
    findings = checked(files={"deploy/settings.txt": f"# settings\n{line}\n"})
    assert of(findings) == [("protection", "deploy/settings.txt:2")]
    assert SECRET not in str(findings) and KEY not in str(findings) and "Tr0ub" not in str(findings)
    doubtful = checked(files={"tests/settings.py": f"{line}\n"})
    assert of(doubtful) == []
    assert of(doubtful, "doubtful") == [("protection", "tests/settings.py:1")]


@pytest.mark.parametrize(
    "line",
    [
        'SECRET = "0123456789abcdef0123456789abcdef"',
        f"secret = '{'s' * 32}'",
        "database = 'postgresql://shop:password@db/shop'",
        "database = 'postgresql://shop:$PASSWORD@db/shop'",
        f"digest = '{SECRET}'",
        "GONGZHONG_SECRET_FILE=/run/credentials/secret",
    ],
)
def test_what_is_made_up_passes(checked: Check, line: str) -> None:
    assert of(checked(files={"settings.txt": line}), "broken", "doubtful") == []


def test_a_secret_of_the_configuration_is_found_in_any_form(checked: Check) -> None:
    env = {
        "GONGZHONG_APPID": "wx0123456789abcdef",
        "GONGZHONG_SECRET": SECRET,
        "GONGZHONG_TOKEN": "k3yForShop",
    }
    findings = checked(files={"notes.md": f"curl '…?s={SECRET}'\n\nk3yForShop\n"}, env=env)
    assert of(findings) == [("protection", "notes.md:1"), ("protection", "notes.md:3")]
    assert "account.secret" in str(findings) and SECRET not in str(findings)


def test_only_versioned_files_of_a_repository_count(checked: Check, tmp_path: Path) -> None:
    program = tmp_path / "program0"
    checked()
    subprocess.run(["git", "init", "-q", str(program)], check=True)
    (program / ".env").write_text(f"GONGZHONG_SECRET={SECRET}\n", "utf-8")
    from gongzhong.norms import Sources

    subprocess.run(["git", "-C", str(program), "add", "shop.py"], check=True)
    assert [one.name for one in Sources(program / "shop.py").tracked] == ["shop.py"]
    subprocess.run(["git", "-C", str(program), "add", ".env"], check=True)
    assert [one.name for one in Sources(program / "shop.py").tracked] == [".env", "shop.py"]


def test_modules_that_the_program_imports_are_read_and_others_are_not(checked: Check) -> None:
    wrong = 'SAID = "关注公众号，免费领取资料"\n'
    files = {"pages/__init__.py": "", "pages/words.py": wrong, "another.py": wrong}
    code = "\nasync def later() -> None:\n    from pages import words\n"
    assert of(checked(code, files)) == [("content", "pages/words.py:1")]


def test_the_deployment_lets_in_only_whom_it_should(checked: Check, tmp_path: Path) -> None:
    env = {
        "GONGZHONG_GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8, 0.0.0.0/0",
        "GONGZHONG_APPID": "wx0123456789abcdef",
        "GONGZHONG_API_BASE": "http://gateway.example/wx",
        "GONGZHONG_REPLAY_WINDOW": "off",
    }
    keys = [
        make_key(name, ["*"], ["*"], networks=networks, now=0)[0]
        for name, networks in (("a", ["::/0"]), ("b", []), ("c", ["10.0.0.0/8"]))
    ]
    findings = checked(env=env, keys=keys)
    assert of(findings) == [
        ("protection", "gateway.trusted_proxies"),
        ("protection", f"key {keys[0].id}"),
        ("protection", "account.wx0123456789abcdef.api_base"),
    ]
    assert of(findings, "doubtful") == [
        ("protection", f"key {keys[1].id}"),
        ("protection", "replies.replay_window"),
    ]


def test_a_key_store_that_others_may_read(checked: Check, tmp_path: Path) -> None:
    keys = tmp_path / "data-keys.db"
    keys.touch()
    tmp_path.chmod(0o755)
    env = {**ENCRYPTED, "GONGZHONG_DATABASE": f"sqlite:///{tmp_path / 'data.db'}"}
    keys.chmod(0o644)
    assert of(checked(env=env)) == [("protection", "people.keys")]
    keys.chmod(0o600)
    assert of(checked(env=env)) == []


def test_fields_without_a_master_key_cannot_be_protected(checked: Check) -> None:
    findings = checked(GOOD)
    assert ("protection", "people.master_key") in of(findings)
    assert ("deletion", "") in of(findings, "doubtful")


def test_texts_that_wechat_holds(checked: Check) -> None:
    told = (
        Line("menu.current: selfmenu_info.button", "分享领红包"),
        Line("template.list: template_list", "{{thing1.DATA}} 限时秒杀"),
        Line("autoreply.get: message", "限时秒杀"),
    )
    assert of(checked(told=told)) == [
        ("content", "menu.current: selfmenu_info.button"),
        ("templates", "template.list: template_list"),
    ]


@pytest.mark.parametrize("norm", NORMS, ids=lambda norm: norm.key)
def test_every_norm_can_be_broken_or_doubted(norm: Norm) -> None:
    tested = {norm for norm, *_ in (*BROKEN, *PAGES)} | {"unsubscribe", "protection", "deletion"}
    assert norm.key in tested
