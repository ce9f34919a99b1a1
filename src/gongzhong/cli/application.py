"""Every command by name. Its module is loaded when it is asked for, so that `--help` stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cyclopts import App, Group

from .campaign_commands import CAMPAIGN
from .command import Command
from .words import say

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
        (
            "gongzhong platform",
            "gongzhong platform --config wechat.toml --data .data",
            "gongzhong platform --proxy 8701",
        ),
        parts=(
            Command(
                "ca",
                "platform:ca",
                "输出代理的 CA 证书",
                "print the certificate of the proxy's authority",
                (
                    "gongzhong platform ca > ca.pem",
                    "export REQUESTS_CA_BUNDLE=$(gongzhong platform ca --print-path)",
                ),
            ),
            Command(
                "import",
                "platform:import_",
                "从 CSV 导入关注者",
                "bring in followers from CSV",
                (
                    "gongzhong platform import followers.csv --account 商城",
                    "gongzhong platform import followers.csv --account 商城 --data .data",
                ),
            ),
        ),
    ),
    Command(
        "serve",
        "serve:serve",
        "在生产环境运行程序",
        "serve a program in production",
        ("gongzhong serve demo:oa --port 8000", "gongzhong serve demo:oa --host 0.0.0.0 --log json"),
    ),
    Command(
        "config",
        "config:check",
        "生产配置：检查、显示每项的来源",
        "the production configuration: check it, show where each value comes from",
        ("gongzhong config --config gongzhong.toml",),
        parts=(
            Command(
                "check",
                "config:check",
                "检查配置文件和环境变量",
                "check the file and the variables",
                ("gongzhong config check", "gongzhong config check --config /etc/gongzhong.toml --json"),
            ),
            Command(
                "show",
                "config:show",
                "每个设置的值和来源，不显示密钥",
                "each setting's value and source, without secrets",
                ("gongzhong config show", "gongzhong config show --json"),
            ),
        ),
    ),
    Command(
        "db",
        "db:status",
        "生产数据库：升级、状态、备份、恢复",
        "the production database: upgrade, status, backup, restore",
        ("gongzhong db --database sqlite:///data/gongzhong.db",),
        parts=(
            Command(
                "upgrade",
                "db:upgrade",
                "把表升级到这个版本需要的样子",
                "bring the tables up to what this version needs",
                ("gongzhong db upgrade", "gongzhong db upgrade --database postgresql://app@db/gongzhong"),
            ),
            Command(
                "status",
                "db:status",
                "版本和待做的工作",
                "its version, and the work in it",
                ("gongzhong db status --json",),
            ),
            Command(
                "backup",
                "db:backup",
                "写一份备份",
                "write a copy to a file",
                ("gongzhong db backup gongzhong-1128.db",),
            ),
            Command(
                "restore",
                "db:restore",
                "从备份恢复到空的数据库",
                "fill an empty database from a copy",
                ("gongzhong db restore gongzhong-1128.db",),
            ),
        ),
    ),
    Command(
        "work",
        "work:show",
        "收件箱和待送出的答复；死信的查看、重放、删除",
        "the inbox and answers that wait; dead letters: show, replay, delete",
        ("gongzhong work --dead", "gongzhong work --kind push --account wx1234567890abcdef --json"),
        parts=(
            Command(
                "list",
                "work:show",
                "列出",
                "list it",
                ("gongzhong work list --dead", "gongzhong work list --after 1200 --limit 500"),
            ),
            Command(
                "replay",
                "work:replay",
                "让死信再来一次",
                "let dead letters be tried again",
                ("gongzhong work replay 17 18", "gongzhong work replay --all --kind push --rate 5"),
            ),
            Command(
                "delete",
                "work:delete",
                "永远删除死信",
                "remove dead letters for ever",
                ("gongzhong work delete 17 18",),
            ),
        ),
    ),
    Command(
        "people",
        "people:certificates",
        "个人数据：同意、导出、删除、保留期限、审计",
        "data of people: consents, export, erasure, retention, audit",
        ("gongzhong people --account wx1234567890abcdef",),
        parts=(
            Command(
                "consent",
                "people:consent",
                "一个人同意过什么；撤回",
                "what a person agreed to; end a consent",
                ("gongzhong people consent oABC", "gongzhong people consent oABC --withdraw phone --json"),
            ),
            Command(
                "export",
                "people:export",
                "导出一个人的全部数据（JSON）",
                "everything about a person, as JSON",
                ("gongzhong people export oABC > person.json",),
            ),
            Command(
                "erase",
                "people:erase",
                "删除一个人的数据、个别字段或整个公众号的数据，给出证明",
                "erase a person, single fields or the whole account, with a certificate",
                (
                    "gongzhong people erase oABC --reason request --by 客服小王",
                    "gongzhong people erase oABC --field phone",
                    "gongzhong people erase --everybody --reason 'end of service'",
                    "gongzhong people erase --replay",
                ),
            ),
            Command(
                "certificates",
                "people:certificates",
                "删除证明",
                "the certificates of erasures",
                ("gongzhong people certificates --json",),
            ),
            Command(
                "sync",
                "people:sync",
                "同步关注者；中断后接着做",
                "read the followers; goes on where it stopped",
                ("gongzhong people sync demo:oa",),
            ),
            Command(
                "retention",
                "people:retention",
                "删除超过保留期限的数据",
                "delete what was kept for its time",
                ("gongzhong people retention demo:oa",),
            ),
            Command(
                "audit",
                "people:audit",
                "审计记录：谁对谁的数据做了什么；检查是否被改动",
                "who did what with whose data; check that nothing was changed",
                ("gongzhong people audit", "gongzhong people audit --verify --json"),
            ),
            Command(
                "keys",
                "people:keys",
                "更换主密钥之后转移账号密钥；更换账号密钥",
                "move keys to a new master key; give an account a new key",
                ("gongzhong people keys", "gongzhong people keys --rotate"),
            ),
            Command(
                "serve",
                "people_api:serve",
                "个人数据接口：同意、导出、删除、审计，凭密钥和角色",
                "the people API: consents, export, erasure, audit, with keys and roles",
                ("gongzhong people serve demo:oa", "gongzhong people serve --host 10.0.0.5 --port 8650"),
            ),
            Command(
                "key",
                "people_api:list_",
                "接口的密钥：新建、列出、撤销",
                "keys of the people API: create, list, revoke",
                ("gongzhong people key",),
                parts=(
                    Command(
                        "create",
                        "people_api:create",
                        "新建密钥，只显示一次",
                        "make a key, which is shown once",
                        (
                            "gongzhong people key create desk --role agent --account wx1234567890abcdef",
                            "gongzhong people key create audits --role auditor --account '*' --from 10.0.0.0/8",
                        ),
                    ),
                    Command(
                        "list",
                        "people_api:list_",
                        "列出密钥",
                        "list the keys",
                        ("gongzhong people key list --json",),
                    ),
                    Command(
                        "revoke",
                        "people_api:revoke",
                        "撤销密钥",
                        "end a key",
                        ("gongzhong people key revoke 3fa94c01",),
                    ),
                ),
            ),
        ),
    ),
    CAMPAIGN,
    Command(
        "gateway",
        "gateway:gateway",
        "中控服务器和接口网关：别的程序经它调用微信，不需要 AppSecret",
        "token centre and API gateway: other programs call WeChat through it, without the AppSecret",
        (
            "gongzhong gateway --database sqlite:///data/gongzhong.db",
            "gongzhong gateway --host 0.0.0.0 --port 8600 --config gongzhong.toml",
            "gongzhong gateway key create shop --account wx1234567890abcdef --scope templates --from 10.0.0.0/8",
        ),
        parts=(
            Command(
                "key",
                "gateway_keys:list_",
                "网关的密钥：新建、列出、撤销",
                "keys of its clients: create, list, revoke",
                ("gongzhong gateway key",),
                parts=(
                    Command(
                        "create",
                        "gateway_keys:create",
                        "新建密钥，只显示一次",
                        "make a key, which is shown once",
                        (
                            "gongzhong gateway key create shop --account wx1234567890abcdef --scope '*'",
                            "gongzhong gateway key create reports --scope /datacube --per-minute 60 --daily 5000",
                            "gongzhong gateway key create old-app --scope token --from 10.0.3.7",
                        ),
                    ),
                    Command(
                        "list",
                        "gateway_keys:list_",
                        "列出密钥",
                        "list the keys",
                        ("gongzhong gateway key list --json",),
                    ),
                    Command(
                        "revoke",
                        "gateway_keys:revoke",
                        "撤销密钥",
                        "end a key",
                        ("gongzhong gateway key revoke 3fa94c01",),
                    ),
                ),
            ),
            Command(
                "audit",
                "gateway_keys:audit",
                "谁在什么时候调用了什么，结果如何",
                "who called what, when, with which result",
                (
                    "gongzhong gateway audit --failed --hours 1",
                    "gongzhong gateway audit --key 3fa94c01 --json",
                ),
            ),
        ),
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
        "faults",
        "faults:show",
        "注入故障：返回码、延迟、断线、重复推送",
        "order trouble: return codes, delays, broken connections, repeated pushes",
        ("gongzhong faults",),
        parts=(
            Command(
                "add",
                "faults:add",
                "从现在起让它出错",
                "have something go wrong from now on",
                (
                    "gongzhong faults add errcode customer.send --code 45015 --rate 0.3",
                    "gongzhong faults add drop template.send --times 1",
                    "gongzhong faults add duplicate text",
                    "gongzhong faults add delay CLICK --push --seconds 7",
                ),
            ),
            Command(
                "clear",
                "faults:clear",
                "解除故障",
                "end one or all",
                ("gongzhong faults clear", "gongzhong faults clear 3"),
            ),
        ),
    ),
    Command(
        "snapshot",
        "snapshot:show",
        "平台状态的快照：保存、载入",
        "states of the platform under a name",
        ("gongzhong snapshot",),
        parts=(
            Command(
                "save", "snapshot:save", "保存", "save the present state", ("gongzhong snapshot save 下单前",)
            ),
            Command(
                "load", "snapshot:load", "载入", "return to a state", ("gongzhong snapshot load 下单前",)
            ),
            Command("list", "snapshot:show", "列出", "list them", ("gongzhong snapshot list",)),
            Command("delete", "snapshot:delete", "删除", "delete one", ("gongzhong snapshot delete 下单前",)),
            Command(
                "reset",
                "snapshot:reset",
                "回到配置文件描述的状态",
                "back to what the configuration declares",
                ("gongzhong snapshot reset",),
            ),
        ),
    ),
    Command(
        "record",
        "record:record",
        "把手机页面上的对话录成测试",
        "record a conversation as a test",
        ("gongzhong record --output tests/test_order.py --app shop:oa",),
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
        "norms",
        "norms:norms",
        "按微信的开发者规范检查程序和部署",
        "hold a program and its deployment against WeChat's developer norms",
        ("gongzhong norms demo:oa", "gongzhong norms demo:oa --config gongzhong.toml --strict --json"),
    ),
    Command(
        "article",
        "article:check",
        "检查文章的 HTML 结构",
        "check the HTML of an article",
        ("gongzhong article check article.html --json",),
        parts=(
            Command(
                "check",
                "article:check",
                "按微信的文章结构规范检查",
                "hold it against WeChat's structure rules",
                (
                    "gongzhong article check article.html",
                    "cat article.html | gongzhong article check - --json",
                ),
            ),
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
    from ..version import version

    app = App(
        name="gongzhong",
        help=say("开发、测试、运行微信公众号", "Develop, test and run WeChat Official Accounts"),
        version=version,
        help_epilogue=say(
            "每个命令都有 --help 和示例。GONGZHONG_LANG=en 显示英文；--debug 显示完整的错误堆栈。",
            "Every command has --help with examples. GONGZHONG_LANG=zh speaks Chinese; --debug shows tracebacks.",
        ),
        help_format="plaintext",
        **_headings(),
    )
    app["--help"].help = say("显示帮助", "show this help")
    app["--version"].help = say("显示版本", "show the version")
    for position, command in enumerate(COMMANDS):
        _add(app, command, position)
    return app


def _headings() -> dict[str, Any]:
    """What stands over the parts of a help text."""
    return {
        "group_commands": Group(say("命令", "Commands")),
        "group_parameters": Group(say("选项", "Options")),
        "group_arguments": Group(say("参数", "Arguments")),
    }


def _add(app: App, command: Command, position: int) -> None:
    options: dict[str, Any] = {"help_flags": ()} if command.explains_itself else {}
    options |= {
        "name": command.name,
        "help": say(command.zh, command.en),
        "sort_key": position,
        "help_epilogue": _examples(command.examples),
    }
    if not command.parts:
        app.command(f"gongzhong.cli.{command.path}", **options)
        return
    module, _, function = command.path.partition(":")
    group = App(**options, **_headings())
    group.default(getattr(import_module(f"gongzhong.cli.{module}"), function))
    for place, part in enumerate(command.parts):
        _add(group, part, place)
    app.command(group)


def _examples(lines: tuple[str, ...]) -> str:
    return "\n".join((say("示例", "Examples"), *(f"  {line}" for line in lines)))
