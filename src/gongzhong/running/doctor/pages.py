"""Answers that come from a framework, a proxy or a tunnel instead of the handler, recognised by their own words.

Each entry is a pattern over the status line, the headers (`name: value`, names in lower case) and the first
`SEARCHED_BYTES` of the body. The first entry that matches counts, so the more special ones stand first.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ...platform.delivery.receiver import Answered

Words = tuple[str, str, str, str]
"""What is wrong and how to mend it: Chinese, English, fix in Chinese, fix in English."""

SEARCHED_BYTES: Final = 64 * 1024


class KnownPage(NamedTuple):
    """One kind of answer: how it is recognised, and what it means."""

    pattern: str
    words: Words


def _csrf(framework_zh: str, framework_en: str) -> Words:
    return (
        "推送被框架的 CSRF 防护拒绝：微信的请求里没有 CSRF 令牌",
        "the push was refused by the framework's CSRF protection: WeChat sends no CSRF token",
        f"只对这个回调路径关闭 CSRF 检查（推送由签名保证来源）：{framework_zh}",
        f"switch CSRF checks off for this path alone (the signature vouches for pushes): {framework_en}",
    )


def _host_refused(zh: str, en: str) -> Words:
    return (
        "框架不接受这个域名：请求里的 Host 不在允许的列表中",
        "the framework does not accept this host name: the Host header is not among the allowed ones",
        zh,
        en,
    )


def _tunnel_down(name: str) -> Words:
    return (
        f"内网穿透 {name} 通了，但后面没有程序在运行",
        f"the {name} tunnel answers, but no program runs behind it",
        "启动程序，并确认隧道指向它监听的端口；免费域名重启后会变",
        "start the program and let the tunnel point to its port; free host names change at each start",
    )


_BODY_READ_TWICE: Words = (
    "程序把请求体读了两次：第二次已经没有内容",
    "the program reads the request body twice: nothing is left for the second time",
    "只读一次，把字节存进变量；检查中间件和签名校验是否先读了请求体（Django 用 request.body，Flask 用 get_data()）",
    "read it once and keep the bytes; see whether middleware reads it first (request.body in Django, "
    "get_data() in Flask)",
)
_NOT_XML_TAKEN: Words = (
    "框架按 JSON 或表单解析推送，而微信发送的是 text/xml",
    "the framework parses the push as JSON or a form; WeChat sends text/xml",
    "读取原始请求体：FastAPI 用 await request.body()，Express 用 express.text({type: '*/xml'})，"
    "Spring 用 @RequestBody String",
    "read the raw body: await request.body() in FastAPI, express.text({type: '*/xml'}) in Express, "
    "@RequestBody String in Spring",
)
_PLAIN_TO_TLS: Words = (
    "URL 写的是 http://，但这个端口只接受 HTTPS",
    "the URL says http://, but this port takes HTTPS only",
    "把 URL 改成 https://，或填写 HTTP 的端口（80）",
    "write https:// in the URL, or use the port for HTTP (80)",
)
_FIREWALL: Words = (
    "请求被防火墙（WAF）或人机验证拦截，没有到达程序",
    "a firewall (WAF) or a check for robots stopped the request before the program",
    "在 WAF 或 CDN 里放行回调路径，或放行微信服务器的 IP（getcallbackip 接口给出列表）",
    "let the callback path pass in the WAF or CDN, or WeChat's addresses (getcallbackip lists them)",
)

KNOWN_PAGES: Final = (
    # CSRF protection: Django, Flask-WTF, Laravel, Rails, Spring, Express and egg, Yii
    KnownPage(
        r"CSRF verification failed|CSRF 验证失败|CSRF_FAILURE_VIEW|CSRF cookie not set",
        _csrf("Django 用 @csrf_exempt", "@csrf_exempt in Django"),
    ),
    KnownPage(
        r"The CSRF (session )?tokens? (is|are|do) (missing|invalid|not match)|The CSRF token has expired",
        _csrf("Flask-WTF 用 @csrf.exempt", "@csrf.exempt in Flask-WTF"),
    ),
    KnownPage(
        r"\A419\b|Page Expired|TokenMismatchException|CSRF token mismatch",
        _csrf(
            "Laravel 在 bootstrap/app.php 的 validateCsrfTokens(except: […]) 里加上路径",
            "add the path to validateCsrfTokens(except: […]) in Laravel's bootstrap/app.php",
        ),
    ),
    KnownPage(
        r"InvalidAuthenticityToken|authenticity token",
        _csrf("Rails 用 skip_forgery_protection", "skip_forgery_protection in Rails"),
    ),
    KnownPage(
        r"expected CSRF token|verify the provided CSRF token",
        _csrf("Spring Security 用 csrf.ignoringRequestMatchers", "csrf.ignoringRequestMatchers in Spring"),
    ),
    KnownPage(
        r"csrf[ _-]?token|csrf|Unable to verify your data submission",
        _csrf("见框架文档的 CSRF 一节", "see the chapter about CSRF of the framework"),
    ),
    # the wrong kind of port
    KnownPage(
        r"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|"
        r"speaking plain HTTP to an SSL-enabled|combination of host and port requires TLS",
        _PLAIN_TO_TLS,
    ),
    # host checks
    KnownPage(
        r"DisallowedHost|Invalid HTTP_HOST header",
        _host_refused("Django：把域名加进 ALLOWED_HOSTS", "Django: add the name to ALLOWED_HOSTS"),
    ),
    KnownPage(
        r"Invalid host header|Blocked request\. This host|Blocked hosts?:",
        _host_refused("把域名加进框架允许的主机列表", "add the name to the hosts that the framework allows"),
    ),
    # what frameworks say about the request
    KnownPage(
        r"doesn't end in a slash and you have APPEND_SLASH",
        (
            "URL 末尾少了斜杠：Django 不能把 POST 重定向过去",
            "the URL lacks its slash at the end: Django cannot redirect a POST there",
            "在公众平台把 URL 末尾加上 /，与 urls.py 一致",
            "end the URL with / in the console, as in urls.py",
        ),
    ),
    KnownPage(
        r"RawPostDataException|cannot access body after reading|body stream already read|stream is not readable|"
        r"[Ss]tream (has been |already )consumed|getInputStream\(\) has already|invalid Read on closed Body|"
        r"getReader\(\) has already",
        _BODY_READ_TWICE,
    ),
    KnownPage(
        r"\A415\b|Unsupported Media Type|\"msg\": ?\"(JSON decode error|Input should be a valid dict)",
        _NOT_XML_TAKEN,
    ),
    KnownPage(
        r"\A422\b(?s:.*)\"loc\"",
        (
            "框架的参数校验拒绝了请求（HTTP 422）：声明了微信没有发送的参数",
            "the framework's validation refused the request (HTTP 422): it wants what WeChat does not send",
            "GET 的参数是 signature、timestamp、nonce、echostr；POST 没有 echostr，请求体是 XML，不是 JSON",
            "GET brings signature, timestamp, nonce and echostr; POST has no echostr, and its body is XML, not JSON",
        ),
    ),
    # tunnels
    KnownPage(
        r"ERR_NGROK_6024|ngrok-skip-browser-warning",
        (
            "ngrok 返回了它的提示页（ERR_NGROK_6024），没有转发请求",
            "ngrok answered with its warning page (ERR_NGROK_6024) and passed nothing on",
            "免费域名对浏览器显示提示页：换用付费域名或别的内网穿透",
            "free host names show a page to browsers: use a paid name, or another tunnel",
        ),
    ),
    KnownPage(r"ERR_NGROK_\d+|ngrok-error-code", _tunnel_down("ngrok")),
    KnownPage(r"Faithfully yours, frp|www\.fatedier\.com", _tunnel_down("frp")),
    KnownPage(r"error code: 1033|Cloudflare Tunnel error|Argo Tunnel error", _tunnel_down("Cloudflare")),
    KnownPage(
        r"\A511\b(?s:.*)loca\.lt|Tunnel Password",
        (
            "localtunnel 返回了它的密码页，没有转发请求",
            "localtunnel answered with its password page and passed nothing on",
            "换用不显示提示页的内网穿透",
            "use a tunnel without such a page",
        ),
    ),
    KnownPage(
        r"(?i)tunnel [\w.:/-]+ not found|natapp|cpolar(?s:.*)(404|not found)", _tunnel_down("natapp/cpolar")
    ),
    # blocked on the way
    KnownPage(
        r"Non-compliance ICP|webblock|域名(未|没有|尚未)备案",
        (
            "域名没有备案，云服务商拦截了请求",
            "the cloud provider blocks the host name: it has no ICP filing (备案)",
            "完成备案，或换用已备案的域名",
            "complete the filing, or use a name that has one",
        ),
    ),
    KnownPage(
        r"cf-mitigated|Just a moment\.\.\.|Attention Required! \| Cloudflare|challenge-platform|"
        r"errors\.aliyun\.com|可能对网站造成安全威胁|Request blocked|waf-block|雷池|safeline|"
        r"Web应用防火墙|访问被拦截|incap_ses|_Incapsula_|Sucuri",
        _FIREWALL,
    ),
    KnownPage(
        r"\A52[0-7]\b|\A530\b",
        (
            "Cloudflare 连不上你的服务器（HTTP 520–530）",
            "Cloudflare cannot reach your server (HTTP 520 to 530)",
            "确认源站在运行、防火墙放行 Cloudflare、源站证书与 Cloudflare 的 SSL 模式相符",
            "see that the origin runs, lets Cloudflare in, and has a certificate that fits Cloudflare's SSL mode",
        ),
    ),
    # reverse proxies and fresh servers
    KnownPage(
        r"Welcome to nginx|Apache2? .*Default Page|It works!|恭喜.{0,4}站点创建成功|没有找到站点|IIS Windows Server",
        (
            "请求到了 Web 服务器的默认页面，没有转发给程序",
            "the request reached a default page of the web server, not the program",
            "在反向代理里为这个域名和路径配置转发（nginx 的 server_name 和 proxy_pass）",
            "configure the proxy for this name and path (server_name and proxy_pass in nginx)",
        ),
    ),
    KnownPage(
        r"\A502\b",
        (
            "反向代理连不上后面的程序（HTTP 502）",
            "the reverse proxy cannot reach the program behind it (HTTP 502)",
            "确认程序在运行，proxy_pass 的地址和端口正确；程序崩溃时看它的日志",
            "see that the program runs where proxy_pass points to; look into its log for a crash",
        ),
    ),
    KnownPage(
        r"\A504\b",
        (
            "反向代理等不到程序的回应（HTTP 504）",
            "the reverse proxy waited in vain for the program (HTTP 504)",
            "处理得太慢或卡住：先返回 success，慢的工作放到后台",
            "the program is slow or hangs: answer success first and do slow work in the background",
        ),
    ),
    KnownPage(
        r"\A503\b",
        (
            "服务暂时不可用（HTTP 503）：程序没有启动、正在维护或过载",
            "the service is unavailable (HTTP 503): not started, in maintenance or overloaded",
            "看反向代理和程序的日志；确认后端健康检查通过",
            "look into the logs of proxy and program; see that health checks pass",
        ),
    ),
    KnownPage(
        r"\A413\b",
        (
            "服务器认为请求体太大（HTTP 413）",
            "the server finds the body too large (HTTP 413)",
            "微信的推送只有几 KB：放宽请求体的限制（nginx 的 client_max_body_size）",
            "pushes have a few KB: raise the limit for bodies (client_max_body_size in nginx)",
        ),
    ),
    KnownPage(
        r"\A429\b",
        (
            "请求被限流（HTTP 429）",
            "the request was rate-limited (HTTP 429)",
            "微信的推送都来自少数几个 IP：对回调路径放开限流",
            "pushes come from a few addresses: exempt the callback path from the limit",
        ),
    ),
    KnownPage(
        r"\A401\b(?s:.*)www-authenticate",
        (
            "这个路径要求登录（HTTP 401）：微信不会登录",
            "the path asks for a login (HTTP 401); WeChat does not log in",
            "对回调路径关闭登录验证（nginx 的 auth_basic、框架的登录中间件）",
            "exempt the callback path from logins (auth_basic in nginx, the framework's middleware)",
        ),
    ),
)


def known_page(answer: Answered) -> Words | None:
    """What an answer means if it is one of `KNOWN_PAGES`; None for others and for good answers."""
    if answer.status == 200 and not _is_page(answer):
        return None
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    text = f"{answer.status}\n{headers}\n{answer.body[:SEARCHED_BYTES].decode('utf-8', 'replace')}"
    return next((page.words for page in KNOWN_PAGES if re.search(page.pattern, text, re.IGNORECASE)), None)


def _is_page(answer: Answered) -> bool:
    return answer.body.lstrip()[:64].lower().startswith((b"<!doctype", b"<html"))
