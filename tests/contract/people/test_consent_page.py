"""Consent on a web page: the text that was shown is what is recorded; nobody agrees for another, or to another text."""

from __future__ import annotations

import re
from html import unescape

import pytest

from gongzhong import MovableClock, Secret
from gongzhong.errors import SetupError, WebError
from gongzhong.people import Collected, NoConsent, People, Purposes, SnapshotUser
from gongzhong.web import ConsentPage, PersonToken, SignedIn

from .conftest import Places
from .test_records import ALICE, SHOP

pytestmark = pytest.mark.anyio
SECRET = "s" * 32
NONCE = "browser-1"


def signed_in(openid: str = ALICE, *, snapshot: bool = False) -> SignedIn:
    token = PersonToken(
        openid=openid,
        scope="snsapi_base",
        access_token=Secret("a"),
        refresh_token=Secret("r"),
        expires_at=0.0,
    )
    return SignedIn(openid=openid, unionid=None, is_snapshot_user=snapshot, return_path="/", token=token)


def purposes(text: str = "只用于<送货>，90 天后删除", version: str = "1") -> Purposes:
    declared = Purposes()
    declared.add(Collected(field="phone", purpose="送货时联系您", text_version=version, text=text))
    return declared


def page(people: People, declared: Purposes | None = None) -> ConsentPage:
    return ConsentPage(people.records(SHOP, declared or purposes()), ["phone"], secret=SECRET)


def posted(html: str, choice: str = "agree") -> dict[str, str]:
    [token] = re.findall(r'name="consent" value="([0-9a-f]+)"', html)
    return {"consent": token, "choice": choice}


async def test_what_is_shown_is_recorded(people: People) -> None:
    asking = page(people)
    html = asking.form(signed_in(), NONCE, action="/consent?a=1&b=2")
    assert "只用于&lt;送货&gt;" in html and 'action="/consent?a=1&amp;b=2"' in html
    assert await asking.accept(posted(html), NONCE)
    records = people.records(SHOP, purposes())
    [consent] = await records.consents(ALICE)
    assert (consent.how, consent.text) == ("web", asking.text)
    assert consent.text in unescape(html)
    await records.store(ALICE, "phone", "1")


async def test_who_declines_has_not_agreed(people: People) -> None:
    asking = page(people)
    html = asking.form(signed_in(), NONCE, action="/consent")
    assert not await asking.accept(posted(html, "decline"), NONCE)
    assert not await asking.accept({"consent": posted(html)["consent"]}, NONCE)
    with pytest.raises(NoConsent):
        await people.records(SHOP, purposes()).store(ALICE, "phone", "1")


async def test_a_form_is_for_one_browser_and_one_account(people: People) -> None:
    asking = page(people)
    form = posted(asking.form(signed_in(), NONCE, action="/c"))
    for given, nonce, reason in [
        (form, "browser-2", "consent_forged"),
        (form, "", "cookie_missing"),
        ({**form, "consent": form["consent"][:-2] + "00"}, NONCE, "consent_forged"),
        ({**form, "consent": "xyz"}, NONCE, "consent_forged"),
        ({}, NONCE, "consent_forged"),
        ({**form, "consent": ["a", "b"]}, NONCE, "consent_forged"),
        ({**form, "consent": form["consent"].upper()}, NONCE, "consent_forged"),
    ]:
        with pytest.raises(WebError) as refused:
            await asking.accept(given, nonce)  # type: ignore[arg-type]
        assert refused.value.reason == reason
    other = ConsentPage(people.records("wx00000000000000bb", purposes()), ["phone"], secret=SECRET)
    with pytest.raises(WebError) as refused:
        await other.accept(form, NONCE)
    assert refused.value.reason == "consent_forged"


async def test_a_changed_text_is_asked_again_and_an_old_form_has_ended(
    people: People, clock: MovableClock
) -> None:
    form = posted(page(people).form(signed_in(), NONCE, action="/c"))
    for changed in (purposes(text="也用于广告"), purposes(version="2")):
        with pytest.raises(WebError) as refused:
            await page(people, changed).accept(form, NONCE)
        assert refused.value.reason == "consent_changed"
    clock.advance(1801)
    with pytest.raises(WebError) as refused:
        await page(people).accept(form, NONCE)
    assert refused.value.reason == "consent_expired"
    assert await people.records(SHOP, purposes()).consents(ALICE) == []


async def test_a_form_that_was_used_gives_no_second_consent(
    people: People, places: Places, clock: MovableClock
) -> None:
    """Neither after a withdrawal nor after an erasure, in no process; a double click is one consent."""
    records = people.records(SHOP, purposes())
    used = [posted(page(people).form(signed_in(), NONCE, action="/c")) for _ in range(2)]
    assert await page(people).accept(used[0], NONCE)
    assert await page(people).accept(used[0], NONCE)
    assert len(await records.consents(ALICE)) == 1
    clock.advance(1)
    await records.withdraw(ALICE, ["phone"])
    other = places.open()
    with pytest.raises(WebError) as refused:
        await page(other).accept(used[0], NONCE)
    assert refused.value.reason == "consent_used"
    assert await page(people).accept(used[1], NONCE), "another form, shown to the same person"
    clock.advance(1)
    await people.erasure(SHOP).person(ALICE, reason="request")
    for form in used:
        with pytest.raises(WebError) as refused:
            await page(other).accept(form, NONCE)
        assert refused.value.reason == "consent_used"
    assert await people.vault(SHOP).find([ALICE]) == [None]
    await other.close()


async def test_used_forms_are_forgotten_when_they_expire(people: People, clock: MovableClock) -> None:
    tables = people.keyring.tables
    assert await tables.use_form(SHOP, "a", clock.now() + 10, clock.now())
    assert not await tables.use_form(SHOP, "a", clock.now() + 10, clock.now())
    clock.advance(11)
    await tables.use_form(SHOP, "b", clock.now() + 10, clock.now())
    assert await tables.use_form(SHOP, "a", clock.now() + 10, clock.now()), "its row is gone"


async def test_snapshot_people_and_short_secrets_are_refused(people: People) -> None:
    with pytest.raises(SnapshotUser):
        page(people).form(signed_in(snapshot=True), NONCE, action="/c")
    with pytest.raises(SetupError):
        ConsentPage(people.records(SHOP, purposes()), ["phone"], secret="short")
