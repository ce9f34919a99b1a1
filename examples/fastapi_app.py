"""An official account in FastAPI: the callback at /wechat, your own endpoints beside it.

GONGZHONG_APPID=wx… GONGZHONG_TOKEN=… granian --interface asgi examples.fastapi_app:app
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.routing import Route

from gongzhong import OfficialAccount, Subscribe, Text

oa = OfficialAccount.from_env()


@oa.on(Subscribe)
async def welcome() -> str:
    return "欢迎关注！"


@oa.default
async def echo(message: Text) -> str:
    return f"你说：{message.content}"


app = FastAPI(routes=[Route("/wechat", oa.asgi)], lifespan=oa.lifespan)


@app.get("/health")
async def health() -> dict[str, int]:
    return {"received": oa.counters["received"], "undelivered": len(oa.undelivered)}
