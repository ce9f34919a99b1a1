"""An official account in Flask: the callback at /wechat, your own views beside it.

    GONGZHONG_APPID=wx… GONGZHONG_TOKEN=… flask --app examples.flask_app run

Handlers written with plain `def` run in threads, so they may block as Flask views do.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from gongzhong import OfficialAccount, Subscribe, Text

oa = OfficialAccount.from_env()
app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/wechat": oa.wsgi})  # type: ignore[method-assign]


@oa.on(Subscribe)
def welcome() -> str:
    return "欢迎关注！"


@oa.default
def echo(message: Text) -> str:
    return f"你说：{message.content}"


@app.get("/health")
def health() -> dict[str, int]:
    return {"received": oa.counters["received"], "undelivered": len(oa.undelivered)}
