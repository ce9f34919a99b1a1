"""What a successful answer holds, call by call: with or without errcode, and which fields.

The facts come from the samples of WeChat's official pages (`tests/facts/success_answers.tsv` names each page), not from
the declarations that both sides of this project share.
"""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gongzhong import BadAnswer
from gongzhong.catalogue.registry import by_path
from gongzhong.platform.world.settings import Rules

from .catalogue_calls import SUCCEEDS
from .catalogue_world import Shop

FACTS = Path(__file__).parent.parent / "facts" / "success_answers.tsv"
ROWS = list(csv.DictReader(FACTS.read_text("utf-8").splitlines(), delimiter="\t"))
BY_CALL = {row["call"]: row for row in ROWS}
STATUS = {"errcode", "errmsg"}
BEFORE = {
    "POST /cgi-bin/menu/trymatch": "POST /cgi-bin/menu/create",
    "GET /cgi-bin/template/get_industry": "POST /cgi-bin/template/api_set_industry",
}
"""Call → the call without which its answer would be empty."""


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    made = Shop(rules=getattr(request, "param", None))
    yield made
    made.close()


def answer_to(shop: Shop, call: str) -> dict[str, Any]:
    """The JSON that the platform answers to the catalogue's example of a call."""
    if call in BEFORE:
        answer_to(shop, BEFORE[call])
    verb, path = call.split()
    kind = by_path(path, verb)
    assert kind is not None
    with contextlib.suppress(BadAnswer):  # what the kit makes of it is not the subject here
        shop.perform(SUCCEEDS[kind](shop))
    entry = next(one for one in reversed(shop.platform.calls) if one.title == path.strip("/"))
    found: dict[str, Any] = json.loads(entry.response_body)
    return found


@pytest.mark.parametrize("call", BY_CALL)
def test_an_answer_holds_what_the_official_sample_holds(shop: Shop, call: str) -> None:
    row, found = BY_CALL[call], answer_to(shop, call)
    assert (STATUS & set(found)) == (STATUS if row["errcode"] == "yes" else set())
    fields = set(found) - STATUS
    needed, optional = set(row["fields"].split()), set(row["optional"].split())
    assert needed <= fields <= needed | optional


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("POST /cgi-bin/message/mass/sendall", "send job submission success"),
        ("POST /cgi-bin/message/mass/preview", "preview success"),
        ("POST /cgi-bin/menu/create", "ok"),
    ],
)
def test_errmsg_has_the_words_of_the_sample(shop: Shop, call: str, words: str) -> None:
    assert answer_to(shop, call)["errmsg"] == words


@pytest.mark.parametrize("shop", [Rules(errcode_on_success="always")], indirect=True)
@pytest.mark.parametrize("call", ["GET /cgi-bin/user/info", "POST /cgi-bin/media/upload"])
def test_errcode_may_be_asked_for_everywhere(shop: Shop, call: str) -> None:
    assert answer_to(shop, call)["errcode"] == 0


@pytest.mark.parametrize("shop", [Rules(errcode_on_success="never")], indirect=True)
def test_errcode_may_be_left_out_everywhere(shop: Shop) -> None:
    assert not STATUS & set(answer_to(shop, "POST /cgi-bin/menu/create"))


@pytest.mark.parametrize("shop", [Rules(errcode_on_success="sample")], indirect=True)
@pytest.mark.parametrize("call", ["POST /cgi-bin/media/upload", "POST /cgi-bin/media/uploadimg"])
def test_uploads_follow_the_newest_sample_when_asked(shop: Shop, call: str) -> None:
    assert answer_to(shop, call)["errcode"] == 0


@pytest.mark.parametrize(
    ("shop", "number"),
    [(Rules(id_types="sample"), "100"), (Rules(id_types="table"), 100)],
    indirect=["shop"],
)
def test_the_id_of_an_online_agent_is_text_in_the_sample_and_a_number_in_the_table(
    shop: Shop, number: str | int
) -> None:
    """获取在线客服列表."""
    shop.session()
    online = answer_to(shop, "GET /cgi-bin/customservice/getonlinekflist")["kf_online_list"]
    assert {type(one["kf_id"]) for one in online} == {type(number)}


@pytest.mark.parametrize("shop", [Rules(optional_fields="sample")], indirect=True)
def test_fields_that_samples_lack_may_be_left_out(shop: Shop) -> None:
    quota = answer_to(shop, "POST /cgi-bin/openapi/quota/get")
    keywords = answer_to(shop, "GET /wxaapi/newtmpl/getpubtemplatekeywords")
    submitted = answer_to(shop, "POST /cgi-bin/freepublish/submit")
    draft = answer_to(shop, "POST /cgi-bin/draft/get")
    assert set(quota) == {"quota", *STATUS}
    assert set(keywords) == {"data", *STATUS}
    assert set(submitted) == {"publish_id", *STATUS}
    assert set(draft) == {"news_item"}
