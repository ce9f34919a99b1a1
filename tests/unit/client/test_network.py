"""Which way out of this machine."""

from __future__ import annotations

import pytest

from gongzhong.client.transports.network import Network, is_loopback

PROXIES = {"https": "http://proxy:3128", "http": "proxy:80", "no": "internal.example, .intra ,10.0.0.7:8080"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.weixin.qq.com/cgi-bin/token", "http://proxy:3128"),
        ("http://api.weixin.qq.com/", "http://proxy:80"),
        ("https://internal.example/", None),
        ("https://a.internal.example/", None),
        ("https://notinternal.example/", "http://proxy:3128"),
        ("https://host.intra/", None),
        ("http://10.0.0.7:8080/", None),
        ("http://10.0.0.7:9090/", "http://proxy:80"),
        ("http://127.0.0.1:8000/", None),
        ("http://localhost:8000/", None),
        ("http://[::1]:8000/", None),
    ],
)
def test_the_proxy_of_an_address(url: str, proxy: str | None) -> None:
    assert Network(proxies=PROXIES).proxy_for(url) == proxy


def test_all_proxy_is_the_last_resort_and_a_star_exempts_everything() -> None:
    assert Network(proxies={"all": "http://p:1"}).proxy_for("https://x.example/") == "http://p:1"
    assert Network(proxies={"all": "http://p:1", "no": "*"}).proxy_for("https://x.example/") is None


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://first:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ca.pem")
    network = Network()
    monkeypatch.setenv("HTTPS_PROXY", "http://second:1")
    assert network.proxy_for("https://api.weixin.qq.com/") == "http://first:1"
    assert network.ca_file == "/etc/ca.pem"


def test_a_proxy_s_password_is_not_shown() -> None:
    assert "pa55" not in repr(Network(proxies={"https": "http://me:pa55@proxy:1"}))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "wx.localhost", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example", "api.weixin.qq.com", ""])
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_loopback(host)
