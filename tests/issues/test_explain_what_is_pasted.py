"""`gongzhong explain` takes what people paste: numbers of WeChat's pages, and answers that name an address or a field.

The page numbers are those of 网页授权's error list; the texts of 40164 and 47003 are in the form that WeChat sends.
"""

from __future__ import annotations

import pytest

from gongzhong.cli.outcome import DONE, run


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("200302", "echostr"),
        ("10003", "网页授权域名"),
        ("10005", "已认证的服务号"),
        ("10006", "关注这个测试号"),
        (
            '{"errcode":40164,"errmsg":"invalid ip 203.0.113.77 ipv6 ::ffff:x, not in whitelist"}',
            "加入：203.0.113.77",
        ),
        ('{"errcode":40164,"errmsg":"invalid ip 2001:db8::7, not in whitelist"}', "加入：2001:db8::7"),
        ('{"errcode":47003,"errmsg":"argument invalid! data.thing2.value is empty rid: 1"}', "thing2"),
        (
            '{"errcode":47003,"errmsg":"argument invalid! data.character_string1.value invalid"}',
            "character_string1",
        ),
        ("40005", "扩展名"),
        ("41005", "filename*"),
    ],
)
def test_what_is_pasted_is_explained_with_its_facts(
    pasted: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", pasted]) == DONE
    text = capsys.readouterr().out
    assert said in text
    assert "未知返回码" not in text
