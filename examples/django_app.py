"""An official account in Django, in one file: the callback at /wechat, your own views beside it.

    GONGZHONG_APPID=wx… GONGZHONG_TOKEN=… granian --interface wsgi examples.django_app:application

In a project of your own only the view and its line in `urlpatterns` are needed.
"""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from gongzhong import OfficialAccount, Subscribe, Text

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=os.environ.get("ALLOWED_HOSTS", "*").split(","))

oa = OfficialAccount.from_env()


@oa.on(Subscribe)
def welcome() -> str:
    return "欢迎关注！"


@oa.default
def echo(message: Text) -> str:
    return f"你说：{message.content}"


@csrf_exempt  # WeChat proves itself by its signature
def wechat(request: HttpRequest) -> HttpResponse:
    answer = oa.handle_blocking(request.META["QUERY_STRING"], request.body, request.method or "")
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers()))


def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"received": oa.counters["received"], "undelivered": len(oa.undelivered)})


urlpatterns = [path("wechat", wechat), path("health", health)]
application = get_wsgi_application()
