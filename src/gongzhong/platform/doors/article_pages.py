"""What an article looks like in WeChat's browser: HTML without scripts, in the colours of the phone."""

from __future__ import annotations

import datetime
from html import escape
from string import Template

import msgspec

from ...catalogue.articles import Article
from ..world.comments import Comment
from ..world.rendering import media_url
from ..world.world import CHINA, AccountState

_FRAME = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title><style>
*{box-sizing:border-box}
body{margin:0;font:17px/1.6 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC",sans-serif;
background:#fff;color:rgba(0,0,0,.9);letter-spacing:.034em;overflow-wrap:break-word}
main{max-width:677px;margin:0 auto;padding:20px 16px 40px}
h1{font-size:22px;line-height:1.4;font-weight:500;margin:0 0 14px}
.meta{display:flex;flex-wrap:wrap;gap:0 10px;margin:0 0 22px;font-size:15px;color:rgba(0,0,0,.5)}
.meta b{font-weight:400;color:#576b95}
article{line-height:1.75;text-align:justify;position:relative;isolation:isolate;contain:layout paint}
article h1,article h2,article h3{font-size:19px;font-weight:500}
article p{margin:0 0 1em}
article img,.pictures img{max-width:100%;height:auto!important;display:block;margin:0 auto 12px;border-radius:2px}
article a,.source a{color:#576b95;text-decoration:none}
article blockquote{margin:0 0 1em;padding-left:10px;border-left:3px solid rgba(0,0,0,.15);color:rgba(0,0,0,.5)}
article pre{overflow:auto;padding:12px;background:#f6f6f6;border-radius:4px;font-size:14px;line-height:1.5}
article table{border-collapse:collapse;max-width:100%}article td,article th{border:1px solid #ddd;padding:4px 8px}
mp-common-product{display:block;margin:0 0 1em;padding:14px;border:1px solid #eee;border-radius:8px;color:#888}
mp-common-product::before{content:"商品卡片 product card"}
.pictures{display:flex;gap:8px;overflow-x:auto;scroll-snap-type:x mandatory;margin:0 -16px 18px;padding:0 16px}
.pictures img{flex:0 0 100%;scroll-snap-align:center;object-fit:cover;max-height:480px}
.foot{display:flex;gap:16px;margin:24px 0 0;font-size:15px;color:rgba(0,0,0,.5)}
#comments{margin:32px 0 0;padding:20px 0 0;border-top:1px solid rgba(0,0,0,.08)}
#comments h2{font-size:15px;font-weight:400;color:rgba(0,0,0,.5);margin:0 0 16px}
.comment{display:flex;gap:10px;margin:0 0 18px;font-size:15px}
.avatar{flex:none;width:28px;height:28px;border-radius:4px;background:#07c160;color:#fff;display:flex;align-items:center;
justify-content:center;font-size:14px}
.comment p{margin:0;white-space:pre-wrap}.comment small{color:rgba(0,0,0,.5)}
.reply{margin-top:8px;padding-left:10px;border-left:2px solid #07c160}
form{display:flex;gap:8px;align-items:flex-end}textarea{flex:1;min-width:0;font:inherit;font-size:15px;padding:8px 10px;
border:1px solid rgba(0,0,0,.1);border-radius:6px;background:#f7f7f7;resize:vertical}
button{font:inherit;font-size:15px;font-weight:500;border:0;border-radius:6px;padding:8px 16px;background:#07c160;
color:#fff}
.problem{color:#fa5151;font-size:14px;margin:0 0 10px}
.gone{padding:28vh 32px 0;text-align:center;color:rgba(0,0,0,.9)}.gone i{display:inline-flex;width:64px;height:64px;
border-radius:50%;background:#fa5151;color:#fff;align-items:center;justify-content:center;font:500 40px/1 system-ui}
.gone p{margin:20px 0 4px}.gone small{color:rgba(0,0,0,.5)}
@media (prefers-color-scheme:dark){body{background:#191919;color:rgba(255,255,255,.8)}
.meta,.foot,#comments h2,.comment small,.gone small,article blockquote{color:rgba(255,255,255,.5)}
.meta b,article a,.source a{color:#7d90a9}article blockquote{border-color:rgba(255,255,255,.2)}
#comments{border-color:rgba(255,255,255,.1)}article pre{background:#232323}
textarea{background:#232323;border-color:#333;color:inherit}.gone{color:inherit}}
</style></head><body>$body</body></html>
""")


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an article's page says. Without `reads` it is a preview."""

    account: AccountState
    article: Article
    text: str
    """HTML that was cleaned when it was stored."""
    time: int
    reads: int | None = None
    comments: list[Comment] = []
    form: str | None = None
    """Where a comment is sent; None when this reader can't write one."""
    problem: tuple[str, str] | None = None


def _page(title: str, body: str) -> bytes:
    return _FRAME.substitute(title=escape(title), body=body).encode()


def article_page(shown: Shown) -> bytes:
    """The article under its head, then what readers did with it."""
    article, account = shown.article, shown.account
    author = f'<span data-testid="article-author">{escape(article.author)}</span>' if article.author else ""
    head = (
        f'<h1 data-testid="article-title">{escape(article.title)}</h1><p class="meta">{author}'
        f'<b data-testid="article-account">{escape(account.name)}</b><time>{_moment(shown.time)}</time></p>'
    )
    text = _pictures(article) + f'<article data-testid="article-content">{_body(shown)}</article>'
    return _page(article.title, f"<main>{head}{text}{_foot(shown)}{_comments(shown)}</main>")


def gone_page(*, banned: bool) -> bytes:
    """What is left of an article: the reason why it is not there."""
    zh, en = (
        ("此内容因违规无法查看", "This content broke the rules and can't be shown")
        if banned
        else ("该内容已被发布者删除", "The publisher has deleted this content")
    )
    body = (
        f'<div class="gone" data-testid="article-gone"><i>!</i><p>{zh}</p><small lang="en">{en}</small></div>'
    )
    return _page("无法查看", body)


def _moment(time: int) -> str:
    return datetime.datetime.fromtimestamp(time, CHINA).strftime("%Y年%m月%d日 %H:%M")


def _pictures(article: Article) -> str:
    if article.image_info is None:
        return ""
    shown = "".join(
        f'<img src="{escape(media_url(picture.image_media_id))}" alt="">'
        for picture in article.image_info.image_list
    )
    return f'<div class="pictures">{shown}</div>'


def _body(shown: Shown) -> str:
    if shown.article.is_pictures:
        return "".join(f"<p>{line}</p>" for line in shown.text.splitlines() if line.strip())
    return shown.text


def _foot(shown: Shown) -> str:
    source = shown.article.content_source_url
    link = f'<span class="source"><a href="{escape(source)}">阅读原文</a></span>' if source else ""
    reads = "" if shown.reads is None else f'<span data-testid="article-reads">阅读 {shown.reads}</span>'
    preview = "<span>临时链接，仅供预览 Preview</span>" if shown.reads is None else ""
    return f'<p class="foot">{link}{reads}{preview}</p>'


def _comments(shown: Shown) -> str:
    if not (shown.form or shown.comments or shown.problem):
        return ""
    zh, en = shown.problem or ("", "")
    problem = (
        f'<p class="problem" role="alert">{escape(zh)} <span lang="en">{escape(en)}</span></p>' if zh else ""
    )
    form = (
        f'<form method="post" action="{escape(shown.form)}"><textarea name="content" rows="2" required '
        'aria-label="写留言 Write a comment" placeholder="写留言" data-testid="comment-text"></textarea>'
        '<button data-testid="comment-send">留言</button></form>'
        if shown.form
        else ""
    )
    listed = "".join(_comment(comment, shown.account) for comment in shown.comments)
    return f'<section id="comments"><h2>留言 Comments</h2>{listed}{problem}{form}</section>'


def _comment(comment: Comment, account: AccountState) -> str:
    reply = ""
    if comment.reply is not None:
        reply = f'<div class="reply"><small>{escape(account.name)} · 作者</small><p>{escape(comment.reply)}</p></div>'
    mark = "精选" if comment.selected else "仅自己可见"
    name = escape(comment.nickname)
    return (
        '<div class="comment" data-testid="comment">'
        f'<span class="avatar" aria-hidden="true">{escape(comment.nickname[:1])}</span>'
        f"<div><small>{name} · {mark}</small><p>{escape(comment.content)}</p>{reply}</div></div>"
    )
