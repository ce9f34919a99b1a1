"""What the client encodes the platform decodes to the same value, for every call and every answer."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhong.catalogue.answers import decode_answer, encode_answer
from gongzhong.catalogue.encoding import decode, encode, injected_values
from gongzhong.catalogue.model import Call, Download, Upload
from gongzhong.catalogue.registry import CALLS

from .generated import values

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", CALLS, ids=lambda call: call.__name__)
@quick
@given(data=st.data())
def test_call(kind: type[Call[Any]], data: st.DataObject) -> None:
    call = data.draw(values(kind))
    injected = {name: f"{meaning}-value" for name, meaning in kind.spec.inject.items()}
    sent = encode(call, injected)
    query = {**sent.query, "access_token": "T"} if kind.spec.token else sent.query
    body, content_type = sent.body or b"", sent.content_type or ""
    assert decode(kind, query, body, content_type) == as_sent(call)
    assert injected_values(kind, query, body, content_type) == injected


def as_sent(call: Call[Any]) -> Call[Any]:
    """The call with its files under the names and media types that they are sent with."""
    files = {
        name: value for name in call.__struct_fields__ if isinstance(value := getattr(call, name), Upload)
    }
    kind = call.spec.file_kind or str(getattr(call, "type", ""))
    return msgspec.structs.replace(call, **{name: file.named(kind) for name, file in files.items()})


ANSWERS = [
    (call, kind)
    for call in CALLS
    for kind in get_args(call.returns) or (call.returns,)
    if kind is not Download
]


@pytest.mark.parametrize(("call", "kind"), ANSWERS, ids=lambda kind: kind.__name__)
@quick
@given(data=st.data())
def test_answer(call: type[Call[Any]], kind: Any, data: st.DataObject) -> None:
    answer = data.draw(values(kind))
    assert decode_answer(call, encode_answer(answer)) == answer
