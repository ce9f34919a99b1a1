"""The promises that every declaration keeps, whatever the chapter."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect as shapes

from gongzhong import catalogue
from gongzhong.catalogue import base, codes, listed, registry, users
from gongzhong.catalogue.model import Answer, Call, Download, PagedCall, Reply
from gongzhong.catalogue.registry import CALLS, CHAPTERS, by_name, by_path, chapter_of
from gongzhong.client import groups
from gongzhong.client.method import Group, Method, Walk

each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)


def published() -> set[type[Call[Any]]]:
    """What the groups of the client can perform."""
    kinds = [kind for kind in vars(groups).values() if isinstance(kind, type) and issubclass(kind, Group)]
    makers = [made.make for kind in kinds for made in vars(kind).values() if isinstance(made, Method | Walk)]
    classes = {maker for maker in makers if isinstance(maker, type)}
    builders = [maker for maker in makers if not isinstance(maker, type) and maker is not listed.listed]
    return classes | {CALL_NAMES[builder.__annotations__["return"]] for builder in builders}


def declared() -> set[type[Call[Any]]]:
    """Every call of every module of the package, named in the registry or not."""
    names = (found.name for found in pkgutil.iter_modules(catalogue.__path__))
    modules = [import_module(f"{catalogue.__name__}.{name}") for name in names]
    members = [member for module in modules for member in vars(module).values()]
    return {
        kind
        for kind in members
        if isinstance(kind, type) and issubclass(kind, Call) and hasattr(kind, "spec")
    }


CALL_NAMES = {call.__name__: call for call in CALLS}


def test_every_chapter_has_calls_and_no_call_is_lost() -> None:
    assert {chapter_of(call) for call in CALLS} == {
        chapter.__name__.rpartition(".")[2] for chapter in CHAPTERS
    }
    assert set(CALLS) == declared()
    assert len({call.__name__ for call in CALLS}) == len(CALLS)


def test_a_call_is_found_by_path_and_verb() -> None:
    assert by_path("/cgi-bin/user/info", "GET") is users.GetUser
    assert by_path("/cgi-bin/user/info", "POST") is users.GetUser
    assert by_path("/cgi-bin/user/info") is users.GetUser
    assert by_path("/cgi-bin/nothing", "GET") is None


@pytest.mark.parametrize("name", ["GetUser", "/cgi-bin/user/info", "cgi-bin/user/info"])
def test_a_call_is_found_by_name(name: str) -> None:
    assert by_name(name) is users.GetUser


def test_the_same_endpoint_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="GetToken and GetToken both declare GET /cgi-bin/token"):
        registry._indexed((base.GetToken, base.GetToken))


@each_call
def test_first_line_says_what_for_with_the_chinese_name(call: type[Call[Any]]) -> None:
    first = (call.__doc__ or "").splitlines()[0]
    assert re.search(r"\([^)]*[一-鿿]", first) or re.search(r"\(openid转换\)", first), first
    assert call.spec.document


@each_call
def test_path_and_answer_are_well_formed(call: type[Call[Any]]) -> None:
    assert re.fullmatch(r"(/[a-z0-9_-]+)+(\?action=[a-z_]+)?", call.spec.path)
    kinds = get_args(call.returns) or (call.returns,)
    assert (Download in kinds) == (call.spec.answer is Answer.BYTES)
    assert all(issubclass(kind, Reply) for kind in kinds if kind is not Download)


@each_call
def test_injected_names_are_not_fields_and_query_names_are(call: type[Call[Any]]) -> None:
    node = shapes.type_info(call)
    assert isinstance(node, shapes.StructType)
    fields = {field.encode_name for field in node.fields}
    assert not fields & set(call.spec.inject)
    assert call.spec.query <= fields | set(call.spec.inject)


@each_call
def test_documented_codes_are_in_the_table(call: type[Call[Any]]) -> None:
    assert len(set(call.spec.errors)) == len(call.spec.errors)
    assert not [
        code for code in call.spec.errors if code not in call.spec.codes and codes.lookup(code) is None
    ]


@each_call
def test_codes_of_fields_are_in_the_table(call: type[Call[Any]]) -> None:
    declared = {
        int(code) for code in re.findall(r"'(?:invalid|missing)': (\d+)", repr(shapes.type_info(call)))
    }
    assert not [code for code in declared if codes.lookup(code) is None]


@each_call
def test_the_client_offers_it(call: type[Call[Any]]) -> None:
    assert call in published()


@each_call
def test_pages_can_be_walked(call: type[Call[Any]]) -> None:
    names = {field.name for field in msgspec.structs.fields(call)}
    cursors = {"next_openid", "begin_openid", "largest_id", "start", "offset", "begin", "page_size", "number"}
    assert issubclass(call, PagedCall) == bool(names & cursors)
