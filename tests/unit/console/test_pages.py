"""How the built pages reach a browser, and what is said when they are not built."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gongzhong.console.pages import Pages

SCRIPT = "console.log('公众号');" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    static = tmp_path / "static"
    (static / "index.html").write_text("<!doctype html><title>公众</title>", "utf-8")
    (static / "icon.svg").write_text("<svg/>", "utf-8")
    (static / "assets" / "index-Ab12.js").write_text(SCRIPT, "utf-8")
    (static / "jweixin.js").write_text("window.wx = {}", "utf-8")
    (static / "assets" / "photo-Cd34.png").write_bytes(b"\x89PNG" + bytes(2000))
    (tmp_path / "secret.txt").write_text("not for you", "utf-8")
    return static


@pytest.fixture
def browser(folder: Path) -> TestClient:
    return TestClient(Pages(folder))


@pytest.mark.parametrize("path", ["/", "/_platform/pages/", "/_platform/pages/index.html"])
def test_the_index_answers_at_its_addresses(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "公众" in answer.text


def test_the_icon_stands_in_for_the_favicon(browser: TestClient) -> None:
    assert browser.get("/favicon.ico").headers["content-type"].startswith("image/svg+xml")


def test_assets_are_kept_for_ever_and_the_index_is_asked_for(browser: TestClient) -> None:
    assert "immutable" in browser.get("/_platform/pages/assets/index-Ab12.js").headers["cache-control"]
    assert browser.get("/").headers["cache-control"] == "no-cache"


def test_an_unchanged_file_is_not_sent_twice(browser: TestClient) -> None:
    etag = browser.get("/").headers["etag"]
    again = browser.get("/", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_text_travels_packed_to_those_who_can_unpack(browser: TestClient) -> None:
    path = "/_platform/pages/assets/index-Ab12.js"
    packed = browser.get(path, headers={"accept-encoding": "gzip"})
    plain = browser.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == SCRIPT
    assert packed.headers["vary"] == "accept-encoding"


def test_pictures_travel_as_they_are(browser: TestClient) -> None:
    answer = browser.get("/_platform/pages/assets/photo-Cd34.png", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/_platform/pages/../secret.txt", "/_platform/pages/%2e%2e/secret.txt", "/_platform/pages/none.js"],
)
def test_nothing_outside_of_the_build_is_served(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "not for you" not in answer.text


@pytest.mark.parametrize("version", ["1.0.0", "1.4.0", "1.6.0"])
def test_the_script_of_the_js_sdk_answers_at_its_true_addresses_for_every_host(
    browser: TestClient, version: str
) -> None:
    answer = browser.get(f"/open/js/jweixin-{version}.js")
    assert answer.text == "window.wx = {}"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in browser.get("/").headers


@pytest.mark.parametrize(
    "name", ["jweixin-9.9.9.js", "jweixin.js", "jweixin-1.6.0.jsx", "../jweixin-1.6.0.js"]
)
def test_other_scripts_do_not_exist(browser: TestClient, name: str) -> None:
    assert browser.get(f"/open/js/{name}").status_code == 404


def test_only_reading_is_possible(browser: TestClient) -> None:
    assert browser.head("/").headers["etag"] == browser.get("/").headers["etag"]
    refused = browser.post("/")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


def test_every_answer_carries_the_security_headers(browser: TestClient) -> None:
    for path in ("/", "/_platform/pages/none", "/_platform/pages/assets/index-Ab12.js"):
        headers = browser.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_without_a_build_the_page_says_how_to_get_one(tmp_path: Path) -> None:
    answer = TestClient(Pages(tmp_path / "static")).get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    assert "页面还没有构建" in answer.text
    assert "The pages are not built" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_new_build_is_noticed(browser: TestClient, folder: Path) -> None:
    assert browser.get("/").status_code == 200
    (folder / "index.html").write_text("<!doctype html><title>second</title>", "utf-8")
    os.utime(folder / "index.html", ns=(1, 1))
    assert "second" in browser.get("/").text
