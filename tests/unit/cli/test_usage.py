"""Usage errors come in one language, with exit status 2 and what was probably meant; names complete in each shell."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from gongzhong.cli.completion import completion, first_words
from gongzhong.cli.outcome import USAGE, run
from gongzhong.cli.trigger import _fields
from gongzhong.cli.usage import Usage
from gongzhong.running.named_calls import WrongCall, everything, find

MISTAKES = {
    "dev": ("缺少参数 TARGET", "TARGET is missing"),
    "serve a b": ("多余的参数：b", "there is too much: b"),
    "platform --port x": (
        "--port 的值不对：x。要写整数",
        "--port has a wrong value: x. Write a whole number",
    ),
    "dve": ("没有命令 dve。是不是 dev？", "there is no command dve. Did you mean dev?"),
    "nosuch": ("可用的命令：dev", "The commands are: dev"),
    "faults ad": ("没有命令 ad。是不是 add？", "Did you mean add?"),
    "platform --prot 3": ("没有选项 --prot。是不是 --port？", "Did you mean --port?"),
    "completion tcsh": ("可以是 bash、zsh、fish", "It may be bash, zsh, fish"),
    "dev --port": ("--port 后面缺少值", "--port needs a value"),
    "platform --port 1 --port 2": ("--port 给了不止一次", "--port is given more than once"),
    "call users.gte": ("是不是 users.get", "perhaps users.get"),
    "call /card/creat": ("是不是 /card/create", "perhaps /card/create"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_said_in_one_language(
    line: str, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGZHONG_LANG", lang)
    assert run([*line.split(), "--json"] if line.startswith("call") else line.split()) == USAGE
    shown = "".join(capsys.readouterr().err.replace("│", " ").split())
    words = MISTAKES[line][lang == "en"]
    assert "".join(words.split()) in shown
    if lang == "en":
        assert not [letter for letter in shown if "\u4e00" <= letter <= "\u9fff"]


def test_a_script_gets_a_usage_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "--nosuch", "--json"]) == USAGE
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["kind"] == "Usage"
    assert told["en"] == "there is no option --nosuch"


def test_lists_and_help_of_calls_are_in_one_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    for one in everything():
        assert not [letter for letter in one.summary if "\u4e00" <= letter <= "\u9fff"], one.name
    monkeypatch.setenv("GONGZHONG_LANG", "zh")
    assert find("template.send").summary == "发送模板消息"
    assert run(["call", "template.send", "--help"]) == 0
    assert "Send" not in capsys.readouterr().out


FIELDS: dict[tuple[str, ...], dict[str, Any]] = {
    ("Content=你好",): {"Content": "你好"},
    ("A.B=c",): {"A": {"B": "c"}},
    ("A.B=c", "A.D=e=f"): {"A": {"B": "c", "D": "e=f"}},
    ("A.B=1", "A.B=2"): {"A": {"B": ["1", "2"]}},
    ('A={"B": 1}', "A.C=2"): {"A": {"B": 1, "C": "2"}},
}


@pytest.mark.parametrize("given", FIELDS)
def test_fields_nest_and_repeat(given: tuple[str, ...]) -> None:
    assert _fields("text", given, None) == FIELDS[given]


@pytest.mark.parametrize("given", [("x",), ("=1",), ("A=1", "A.B=2"), ("A.B=2", "A=1")])
def test_fields_that_contradict_each_other_are_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(Usage):
        _fields("text", given, None)


def test_a_listed_call_goes_by_its_path() -> None:
    call = find("/card/create")
    assert (call.path, [one.name for one in call.parameters()]) == ("/card/create", ["body", "query", "file"])
    built: Any = call.build({"body": ['{"card": {}}']})
    assert built.spec.path == "/card/create"
    with pytest.raises(WrongCall):
        find("/card/nothing")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_are_in_the_script(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    completion(shell)
    script = capsys.readouterr().out
    assert {"call", "trigger", "explain"} == set(first_words())
    assert all(name in script for name in ("template.send", "subscribe", "40164"))
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script.encode(), check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered"), [("call template.se", "template.send"), ("explain 4016", "40164"), ("doc", "doctor")]
)
def test_bash_offers_the_name(line: str, offered: str, capsys: pytest.CaptureFixture[str]) -> None:
    completion("bash")
    words = line.split()
    asked = f'\nCOMP_WORDS=(gongzhong {line}); COMP_CWORD={len(words)}; _gongzhong_names; echo "${{COMPREPLY[@]}}"'
    told = subprocess.run(
        ["bash"], input=capsys.readouterr().out + asked, capture_output=True, text=True, check=True
    )
    assert offered in told.stdout.split()
