"""The example assistant against a model that streams slowly: both kinds of account, two questions, a restart."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.sockets.served import credentials

from gongzhong.running.listening import free_port
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

ASSISTANT = Path(__file__).parents[2] / "examples" / "assistant.py"


class Model(BaseHTTPRequestHandler):
    """Speaks /chat/completions: repeats the question word by word, with the number of messages that it was shown."""

    protocol_version = "HTTP/1.1"
    asked: list[list[dict[str, str]]]
    pause_s = 0.0

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        messages = json.loads(self.rfile.read(length))["messages"]
        type(self).asked.append(messages)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        slow = "慢" in messages[-1]["content"]
        for word in ("你问的是", messages[-1]["content"], f"，第 {len(messages)} 条。"):
            time.sleep(2.5 if slow else 0.02)
            event = {"choices": [{"delta": {"content": word}}]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *_values: object) -> None:
        """Nothing is written."""


class Assistant:
    """The example under `gongzhong serve`, which can be stopped and started again."""

    def __init__(self, folder: Path, platform: LivePlatform, model: str) -> None:
        self.port = free_port()
        self._env = credentials(
            platform,
            GONGZHONG_STATE=f"sqlite:///{folder / 'assistant.db'}",
            OPENAI_BASE_URL=model,
            OPENAI_MODEL="any",
        )
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "gongzhong",
            "serve",
            f"{ASSISTANT}:oa",
            "--port",
            str(self.port),
            "--json",
        ]
        self._process = subprocess.Popen(command, env=self._env, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert b"ready" in self._process.stdout.readline()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


@pytest.fixture
def asked() -> list[list[dict[str, str]]]:
    """What the model was shown, question by question."""
    return []


@pytest.fixture
def assistant(
    tmp_path: Path,
    live_platform: LivePlatform,
    asked: list[list[dict[str, str]]],
    serve_http: Callable[[type[BaseHTTPRequestHandler]], str],
) -> Iterator[Assistant]:
    model = type("ThisModel", (Model,), {"asked": asked})
    made = Assistant(tmp_path, live_platform, f"{serve_http(model)}/v1")
    yield made
    made.stop()


def test_the_conversation_is_remembered_over_a_restart(
    assistant: Assistant, live_platform: LivePlatform, asked: list[list[dict[str, str]]]
) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{assistant.port}/")
    alice, bob = live_platform.person("alice"), live_platform.person("bob")
    assert "有什么想问" in alice.follows().text
    bob.follows()
    assert alice.says("天气").text == "你问的是天气，第 2 条。"
    assistant.stop()
    assistant.start()
    assert alice.says("明天呢").text == "你问的是明天呢，第 4 条。"
    assert bob.says("你好").text == "你问的是你好，第 2 条。"  # nobody hears of another one's conversation
    assert [message["content"] for message in asked[1]][1:] == ["天气", "你问的是天气，第 2 条。", "明天呢"]
    assert alice.says("重新开始").text == "好，我们重新开始。"
    assert alice.says("再来").text == "你问的是再来，第 2 条。"


def test_a_slow_answer_and_a_second_question_both_arrive(
    assistant: Assistant, live_platform: LivePlatform
) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{assistant.port}/")
    alice = live_platform.person("alice")
    alice.follows()
    slow = threading.Thread(target=alice.says, args=("慢慢说",))
    slow.start()
    time.sleep(1)
    second = alice.says("还有")
    assert "你问的是还有" in second.text
    slow.join()
    end = time.monotonic() + 20
    while "你问的是慢慢说，第 2 条。" not in (said := "".join(line.text for line in alice.inbox)):
        assert time.monotonic() < end, said
        time.sleep(0.1)


def test_an_account_without_customer_service_gets_the_rest_when_it_asks(
    assistant: Assistant, live_platform: LivePlatform
) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{assistant.port}/", kind="subscription", verified=False)
    alice = live_platform.person("alice")
    alice.follows()
    first = alice.says("慢慢说").text
    rest = "" if first.endswith("条。") else alice.says("继续").text
    assert "你问的是慢慢说，第 2 条。" in (first.partition("（")[0].rstrip() + rest).replace("\n", "")
