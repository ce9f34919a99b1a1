"""The doctor before servers that are deliberately wrong in one thing each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from gongzhong import Account, CallbackError, Secret
from gongzhong.platform.delivery.receiver import Answered, Unanswered
from gongzhong.running.doctor import Finding, diagnose, healthy
from gongzhong.wire import Cipher, PushQuery, PushReader, read_xml, sign

from .conftest import AES_KEY, TOKEN, DeveloperServer, Site, Wechat, echoing

pytestmark = pytest.mark.anyio


def finding(findings: list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)


def wrong_ones(findings: list[Finding]) -> list[str]:
    return [one.check for one in findings if one.status == "wrong"]


def changed(account: Account, **fields: object) -> Account:
    return msgspec.structs.replace(account, **fields)


def with_answer(change: Callable[[str, Answered], Answered]) -> Callable[[Account], DeveloperServer]:
    """A right server whose answers are changed on the way out."""

    def make(account: Account) -> DeveloperServer:
        right = echoing(account)

        async def serve(method: str, query: str, body: bytes) -> Answered:
            return change(method, await right(method, query, body))

        return serve

    return make


def body_becomes(change: Callable[[bytes], bytes], verb: str) -> Callable[[Account], DeveloperServer]:
    def change_it(method: str, answer: Answered) -> Answered:
        body = change(answer.body) if method == verb and answer.status == 200 else answer.body
        return Answered(answer.status, answer.headers, body)

    return with_answer(change_it)


def status_becomes(status: int, verb: str) -> Callable[[Account], DeveloperServer]:
    return with_answer(lambda method, answer: Answered(status, {}, b"") if method == verb else answer)


def plain_reply(account: Account) -> DeveloperServer:
    """Reads encrypted pushes, answers in plain text."""
    reader = PushReader(account)

    async def serve(method: str, query: str, body: bytes) -> Answered:
        if method == "GET":
            return await echoing(account)(method, query, body)
        try:
            fields = reader.open(PushQuery.read(query), body).fields
        except CallbackError as problem:
            return Answered(problem.status, {}, b"")
        xml = (
            f"<xml><ToUserName><![CDATA[{fields['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{fields['ToUserName']}]]></FromUserName><CreateTime>1</CreateTime>"
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content></xml>"
        )
        return Answered(200, {}, xml.encode())

    return serve


def checks_signature_only(account: Account) -> DeveloperServer:
    """Verifies `signature`, which does not cover the ciphertext, and decrypts whatever came."""

    async def serve(method: str, query: str, body: bytes) -> Answered:
        asked = PushQuery.read(query)
        if asked.signature != sign(TOKEN, asked.timestamp, asked.nonce):
            return Answered(403, {}, b"")
        if method == "GET":
            return Answered(200, {}, asked.echostr.encode())
        Cipher(AES_KEY, account.appid).decrypt(str(read_xml(body)["Encrypt"]))
        return Answered(200, {}, b"success")

    return serve


def signs_with_everything_in_signature(account: Account) -> DeveloperServer:
    """Takes `signature` for what is msg_signature."""
    right = echoing(account)

    async def serve(method: str, query: str, body: bytes) -> Answered:
        if method == "GET":
            return await right(method, query, body)
        asked = PushQuery.read(query)
        expected = sign(TOKEN, asked.timestamp, asked.nonce, str(read_xml(body)["Encrypt"]))
        return Answered(200 if asked.signature == expected else 403, {}, b"")

    return serve


def believes_everything(account: Account) -> DeveloperServer:
    """Never looks at a signature."""
    cipher = Cipher(AES_KEY, account.appid)

    async def serve(method: str, query: str, body: bytes) -> Answered:
        if method == "GET":
            return Answered(200, {}, PushQuery.read(query).echostr.encode())
        xml = cipher.decrypt(str(read_xml(body)["Encrypt"]))
        fields = read_xml(xml)
        reply = (
            f"<xml><ToUserName><![CDATA[{fields['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{fields['ToUserName']}]]></FromUserName><CreateTime>1</CreateTime>"
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content></xml>"
        )
        return Answered(200, {}, PushReader(account).seal(reply.encode()))

    return serve


def silent(kind: str) -> Callable[[Account], DeveloperServer]:
    def make(account: Account) -> DeveloperServer:
        right = echoing(account)

        async def serve(method: str, query: str, body: bytes) -> Answered:
            if method == "POST":
                raise Unanswered(kind, "")  # type: ignore[arg-type]
            return await right(method, query, body)

        return serve

    return make


ILLNESSES: dict[str, tuple[Callable[[Account], DeveloperServer], str, str]] = {
    "wrong token": (lambda a: echoing(changed(a, token=Secret("another"))), "verify", "Tokens differ"),
    "wrong key": (
        lambda a: echoing(changed(a, aes_key=Secret(AES_KEY[::-1]))),
        "push",
        "EncodingAESKey or AppID",
    ),
    "wrong appid": (
        lambda a: echoing(changed(a, appid="wx0000000000000000")),
        "push",
        "EncodingAESKey or AppID",
    ),
    "plain mode": (lambda a: echoing(changed(a, encryption="plain")), "push", "the server is in plain mode"),
    "signature only": (checks_signature_only, "push.msg_signature", "instead of `msg_signature`"),
    "signature means msg_signature": (
        signs_with_everything_in_signature,
        "push",
        "instead of `msg_signature`",
    ),
    "plain reply": (plain_reply, "push", "a plain reply in safe mode"),
    "echo with BOM": (body_becomes(lambda body: b"\xef\xbb\xbf" + body, "GET"), "verify", "BOM"),
    "echo with line": (body_becomes(lambda body: body + b"\n", "GET"), "verify", "blanks or empty lines"),
    "echo as JSON": (body_becomes(lambda body: b'"' + body + b'"', "GET"), "verify", "JSON"),
    "echo is a page": (body_becomes(lambda _: b"<!DOCTYPE html><p>", "GET"), "verify", "HTML page"),
    "echo is words": (
        body_becomes(lambda _: b"Invalid signature", "GET"),
        "verify",
        "not answered with the echostr",
    ),
    "reply with BOM": (body_becomes(lambda body: b"\xef\xbb\xbf" + body, "POST"), "push", "BOM"),
    "reply after line": (body_becomes(lambda body: b"\n" + body, "POST"), "push", "blanks or empty lines"),
    "reply as JSON": (body_becomes(lambda _: b'{"ok": true}', "POST"), "push", "JSON"),
    "reply is a page": (body_becomes(lambda _: b"<html></html>", "POST"), "push", "HTML page"),
    "no POST": (status_becomes(405, "POST"), "push", "nothing handles POST"),
    "no such path": (status_becomes(404, "GET"), "verify", "nothing handles GET"),
    "redirect": (status_becomes(301, "GET"), "verify", "redirects"),
    "crash": (status_becomes(500, "POST"), "push", "the server failed"),
    "timeout": (silent("timeout"), "push", "no answer within"),
    "cut": (silent("connect"), "push", "the connection broke"),
    "believes everything": (believes_everything, "push.forged", "forged signature was replied to"),
    "believes every question": (believes_everything, "verify.forged", "the signature is not checked"),
}


@pytest.mark.parametrize(("server", "check", "words"), ILLNESSES.values(), ids=ILLNESSES)
async def test_each_illness_is_named(
    server: Callable[[Account], DeveloperServer],
    check: str,
    words: str,
    patient: Account,
    wechat: Wechat,
    url: str,
) -> None:
    findings = await diagnose(patient, url, receiver=Site(server(patient)), transport=wechat)
    found = finding(findings, check)
    assert found.status == "wrong"
    assert words in found.en
    assert found.fix_zh and found.fix_en, "a complaint without a fix helps nobody"


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_right_server_is_healthy_in_every_mode(
    mode: str, patient: Account, wechat: Wechat, url: str
) -> None:
    account = changed(patient, encryption=mode)
    findings = await diagnose(account, url, receiver=Site(echoing(account)), transport=wechat)
    assert wrong_ones(findings) == []
    assert healthy(findings)
    assert not [one.check for one in findings if one.status == "warning"]


async def test_a_server_that_expects_encryption_is_told_from_a_plain_one(
    patient: Account, wechat: Wechat, url: str
) -> None:
    plain = changed(patient, encryption="plain")
    findings = await diagnose(plain, url, receiver=Site(echoing(patient)), transport=wechat)
    assert "the server is in safe mode" in finding(findings, "push").en


async def test_an_answer_after_the_limit_is_too_slow(patient: Account, wechat: Wechat, url: str) -> None:
    findings = await diagnose(patient, url, receiver=Site(echoing(patient)), transport=wechat, limit_s=0)
    assert "WeChat waits 0" in finding(findings, "verify").en
    assert "WeChat waits 0" in finding(findings, "push").en


async def test_success_for_a_forged_push_is_only_a_warning(
    patient: Account, wechat: Wechat, url: str
) -> None:
    async def always_success(method: str, query: str, body: bytes) -> Answered:
        return (
            await echoing(patient)(method, query, body) if method == "GET" else Answered(200, {}, b"success")
        )

    findings = await diagnose(patient, url, receiver=Site(always_success), transport=wechat)
    assert finding(findings, "push.forged").status == "warning"


async def test_nothing_is_sent_where_nobody_listens(patient: Account, wechat: Wechat) -> None:
    site = Site(echoing(patient))
    findings = await diagnose(patient, "http://127.0.0.1:9/", receiver=site, transport=wechat)
    assert wrong_ones(findings) == ["connect"]
    assert site.requests == []


async def test_a_name_that_does_not_resolve_is_said_so(patient: Account, wechat: Wechat) -> None:
    findings = await diagnose(
        patient, "http://nowhere.invalid/", receiver=Site(echoing(patient)), transport=wechat
    )
    assert wrong_ones(findings) == ["dns"]
