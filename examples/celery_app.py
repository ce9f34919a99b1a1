"""由 Celery 的任务回答：处理函数立即结束，答复在任务完成时送达，走当时走得通的路。
Answers made by Celery jobs: the handler ends at once, the answer goes out when the job is done, by any open road.

    export GONGZHONG_DATABASE=postgresql://… CELERY_BROKER_URL=redis://127.0.0.1/1
    gongzhong serve examples/celery_app.py:oa --workers 2
    PYTHONPATH=examples celery -A celery_app:jobs worker

Both programs need the same GONGZHONG_DATABASE: through it the answer gets to the process that has the person.
"""

from __future__ import annotations

import os
import time

from celery import Celery

from gongzhong import OfficialAccount, StateDown, Text

oa = OfficialAccount.from_env()
jobs = Celery("jobs", broker=os.environ.get("CELERY_BROKER_URL", "redis://127.0.0.1/1"))
jobs.conf.broker_transport_options = {"visibility_timeout": int(os.environ.get("CELERY_VISIBILITY_S", "600"))}
"""After so many seconds Redis gives a job whose worker died to another one: longer than any job takes."""


@oa.text(r"算 (?P<seconds>\d+)")
def ask(message: Text, seconds: str) -> None:
    compute.delay(int(seconds), oa.late(message).ticket)


@jobs.task(acks_late=True, autoretry_for=(StateDown,), retry_backoff=True, max_retries=None)
def compute(seconds: int, ticket: str) -> None:
    """Work for so long, then answer; `name` keeps a job that is run again from answering twice."""
    time.sleep(seconds)
    oa.late(ticket).reply_blocking(f"算了 {seconds} 秒：42", name="answer")


@oa.default
async def only_numbers() -> str:
    return "发“算 3”，我就算 3 秒。"
