"""The structure rules for articles (specification of 2026-08-07): in the kit, on the command line, as an open call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongzhong.catalogue import article_rules
from gongzhong.cli.outcome import run
from gongzhong.client import WireReply, WireRequest
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

from ..scenario.conftest import Magazine

BROKEN = {
    "opacity": '<p><img src="a" style="opacity: 0"></p>',
    "caret-color": '<p style="caret-color: rgba(0, 0, 0, 0)">x</p>',
    "height": '<section style="height:0px"><p>hidden</p></section>',
    "text-align": '<p style="text-align: start">x</p>',
    "animate-begin": '<svg><animate begin="touchstart"></animate></svg>',
    "nestNodes": "<section>" * 11 + "x" + "</section>" * 11,
    "span-leaf": '<span leaf=""><p>x</p></span>',
    "node-leaf": '<section nodeleaf=""><img src="a">x</section>',
    "redundant-node": "<section>" + "<p></p>" * 16 + "<p>x</p>" * 5 + "</section>",
}
KEPT = [
    '<p style="opacity:0">x</p>',
    '<p style="caret-color: rgba(0,0,0,0)"></p>',
    '<p style="caret-color: rgba(0,0,0,.5)">x</p>',
    '<section style="height:0"></section>',
    '<svg><g style="height:0"><text>x</text></g></svg>',
    '<section data-mode="svg"><p style="height:0">x</p></section>',
    '<p style="height:10px">x</p>',
    '<p style="text-align:justify">x</p>',
    '<svg><animate begin="touchstart; click"></animate></svg>',
    "<section>" * 10 + "x" + "</section>" * 10,
    "<section><p>a</p>" * 12 + "</section>" * 12,
    "".join(f'<section style="width:{n}px">' for n in range(20)) + "x" + "</section>" * 20,
    "<svg>" * 20 + "</svg>" * 20,
    '<span leaf="">x<b>y</b><br></span>',
    '<section nodeleaf=""><img src="a"></section>',
    '<section nodeleaf=""><mp-common-profile></mp-common-profile></section>',
    "<section>" + "<p></p>" * 15 + "</section>",
    "",
    "plain words",
]


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_found_with_its_element(rule: str) -> None:
    (found,) = article_rules.check(f"<p>before</p>{BROKEN[rule]}<p>after</p>")
    assert found.rule == rule
    assert not article_rules.is_valid([found])
    assert found.items[0].outer_html in BROKEN[rule]
    assert found.zh
    assert found.en


@pytest.mark.parametrize("html", KEPT)
def test_what_keeps_the_rules(html: str) -> None:
    assert article_rules.check(html) == []


def test_the_element_is_shown_whole() -> None:
    (found,) = article_rules.check('\n<p>a</p>\n<section style="height:0"><b>好</b>\nx</section><p>b</p>')
    assert [item.outer_html for item in found.items] == ['<section style="height:0"><b>好</b>\nx</section>']


def test_the_nesting_limit_is_a_setting() -> None:
    assert article_rules.check(BROKEN["nestNodes"], nesting=15) == []


def test_a_font_is_advice_only() -> None:
    (found,) = article_rules.check('<p style="font-family: Songti">x</p>')
    assert (found.rule, found.advice, article_rules.is_valid([found])) == ("font-family", True, True)
    assert article_rules.check('<p style="font-family: &quot;mp-quote&quot;, PingFang SC">x</p>') == []


@pytest.mark.parametrize(
    "html", ["<p>" * 50_000, "<section style='height:0'>x" * 3_000, "<" * 9_000, "</p>" * 9_000]
)
def test_hostile_articles_end_in_bounded_answers(html: str) -> None:
    found = article_rules.check(html)
    assert sum(len(item.outer_html) for one in found for item in one.items) < 500_000


def posted(platform: LocalPlatform, body: bytes) -> WireReply:
    url = "http://platform/article-bin/verify_article_structure"
    headers = {"content-type": "application/json"}
    request = WireRequest(method="POST", url=url, headers=headers, body=body)
    return platform.run(InProcessTransport(platform.server).send(request))


def test_the_open_call_answers_in_its_documented_form(platform: LocalPlatform) -> None:
    html = '<section style="height:0">hidden</section>'
    answer = json.loads(posted(platform, json.dumps({"content": html}).encode()).body)
    assert set(answer) == {"isValid", "inValidInfo"}
    assert answer["isValid"] is False
    assert answer["inValidInfo"]["height"]["items"] == [{"outerHTML": html}]
    assert answer["inValidInfo"]["height"]["violateRules"]
    clean = json.loads(posted(platform, json.dumps({"content": "<p>x</p>"}).encode()).body)
    assert clean == {"isValid": True, "inValidInfo": {}}
    for wrong in (b"", b"{}", b"[" * 100_000, b'{"content":1}'):
        assert posted(platform, wrong).status == 400


def test_a_draft_that_breaks_a_rule_is_taken_with_a_remark_in_the_traffic(platform: LocalPlatform) -> None:
    magazine = Magazine(platform)
    magazine.draft(magazine.article(content=BROKEN["text-align"]))
    verdict = platform.calls[-1].verdict
    assert verdict is not None
    assert verdict.ok
    assert "text-align" in verdict.zh


def test_the_command_tells_by_its_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, advice = tmp_path / "good.html", tmp_path / "bad.html", tmp_path / "advice.html"
    good.write_text("<p>好</p>", "utf-8")
    bad.write_text(BROKEN["height"], "utf-8")
    advice.write_text('<p style="font-family: Songti">x</p>', "utf-8")
    latin = tmp_path / "latin.html"
    latin.write_bytes(b"\xff\xfe\xff")
    assert [run(["article", "check", str(one)]) for one in (good, bad, advice)] == [0, 1, 0]
    assert [run(["article", "check", str(one)]) for one in (tmp_path / "none.html", latin)] == [2, 2]
    capsys.readouterr()
    assert run(["article", "check", str(bad), "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["valid"], shown["findings"][0]["rule"]) == (False, "height")
    assert "line-height" in shown["needs_a_browser"]
