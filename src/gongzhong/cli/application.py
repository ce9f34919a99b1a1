"""Every command by name. Its module is loaded when it is asked for, so that `--help` stays quick."""

from __future__ import annotations

from typing import NamedTuple

from cyclopts import App, Group

from .words import say


class Command(NamedTuple):
    """One command: its name, where it is, what it is for, and an example line for each use."""

    name: str
    path: str
    zh: str
    en: str
    examples: tuple[str, ...]
    explains_itself: bool = False
    """Whether `--help` goes to the command, because what it says depends on the other words."""


COMMANDS = (
    Command(
        "dev",
        "develop:dev",
        "开发：本地平台 + 你的程序 + 手机页面，一条命令",
        "develop: local platform, your program and the phone page in one command",
        (
            "gongzhong dev demo:oa",
            "gongzhong dev app.py:app --path /wechat --reload",
            "gongzhong dev demo:oa --kind test",
        ),
    ),
    Command(
        "platform",
        "platform:platform",
        "单独启动本地平台，供任何语言的 SDK 使用",
        "the local platform alone, for an SDK in any language",
        ("gongzhong platform", "gongzhong platform --config wechat.toml --data .data"),
    ),
    Command(
        "serve",
        "serve:serve",
        "在生产环境运行程序",
        "serve a program in production",
        ("gongzhong serve demo:oa --port 8000", "gongzhong serve demo:oa --host 0.0.0.0 --log-json"),
    ),
    Command(
        "trigger",
        "trigger:trigger",
        "让本地平台推送一个事件或消息",
        "have the local platform push an event or a message",
        (
            "gongzhong trigger subscribe --scene vip",
            "gongzhong trigger text Content=你好 --person 小红",
            "gongzhong trigger --list",
        ),
    ),
    Command(
        "resend",
        "trigger:resend",
        "重发一条推送（编号见手机页面的流量记录）",
        "push an entry of the traffic again, by its number",
        ("gongzhong resend 12",),
    ),
    Command(
        "call",
        "call:call",
        "调用一个微信接口",
        "make one API call",
        (
            "gongzhong call --list",
            "gongzhong call template.send --help",
            "gongzhong call users.get --openid oABC",
            'gongzhong call template.send --touser oABC --template_id T --data \'{"thing1": {"value": "茶"}}\'',
            "gongzhong call media.upload --type image --media @photo.jpg",
        ),
        explains_itself=True,
    ),
    Command(
        "token",
        "token:token",
        "取得或刷新 access_token",
        "get or refresh the access_token",
        ("gongzhong token", "gongzhong token --show", "gongzhong token --refresh --json"),
    ),
    Command(
        "explain",
        "explain:explain",
        "解释返回码：含义、原因、解决办法",
        "explain a return code: meaning, cause, fix",
        ("gongzhong explain 40164", 'gongzhong explain \'{"errcode":45015,"errmsg":"…"}\''),
    ),
    Command(
        "doctor",
        "doctor:doctor",
        "检查服务器地址、凭据和权限，指出哪里不对、怎么改",
        "check callback URL, credentials and permissions, and say what is wrong",
        (
            "gongzhong doctor --url https://example.com/wechat",
            "gongzhong doctor --platform http://127.0.0.1:8700 --json",
        ),
    ),
    Command(
        "coverage",
        "coverage:coverage",
        "覆盖范围：接口、推送、返回码各到什么程度",
        "what is covered: endpoints, pushes, return codes",
        ("gongzhong coverage", "gongzhong coverage --write docs/coverage.md", "gongzhong coverage --json"),
    ),
    Command(
        "completion",
        "completion:completion",
        "输出 shell 补全脚本",
        "print the completion script of a shell",
        ("source <(gongzhong completion bash)", "gongzhong completion fish | source"),
    ),
)


def build() -> App:
    """The command line with all commands."""
    from ..version import VERSION

    app = App(
        name="gongzhong",
        help=say("开发、测试、运行微信公众号", "Develop, test and run WeChat Official Accounts"),
        version=VERSION,
        help_epilogue=say(
            "每个命令都有 --help 和示例。GONGZHONG_LANG=en 显示英文；--debug 显示完整的错误堆栈。",
            "Every command has --help with examples. GONGZHONG_LANG=zh speaks Chinese; --debug shows tracebacks.",
        ),
        group_commands=Group(say("命令", "Commands")),
        group_parameters=Group(say("选项", "Options")),
        group_arguments=Group(say("参数", "Arguments")),
        help_format="plaintext",
    )
    app["--help"].help = say("显示帮助", "show this help")
    app["--version"].help = say("显示版本", "show the version")
    for position, command in enumerate(COMMANDS):
        options = {"help_flags": ()} if command.explains_itself else {}
        app.command(
            f"gongzhong.cli.{command.path}",
            name=command.name,
            help=say(command.zh, command.en),
            sort_key=position,
            help_epilogue=_examples(command.examples),
            **options,
        )
    return app


def _examples(lines: tuple[str, ...]) -> str:
    return "\n".join((say("示例", "Examples"), *(f"  {line}" for line in lines)))
