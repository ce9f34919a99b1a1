"""The commands of `gongzhong campaign`."""

from __future__ import annotations

from .command import Command

CAMPAIGN = Command(
    "campaign",
    "campaign:list_",
    "群发任务：计划、预览、批准、发送、状态、报告",
    "messages to many: plan, preview, approve, send, status, report",
    (
        "gongzhong campaign",
        "gongzhong campaign plan reminder.toml",
        "gongzhong campaign start 1",
    ),
    parts=(
        Command(
            "plan",
            "campaign:plan",
            "从计划文件新建任务，读入收件人；不会发送",
            "make a campaign from a plan and its recipients; sends nothing",
            (
                "gongzhong campaign plan reminder.toml",
                "gongzhong campaign plan reminder.toml --recipients readers.csv --json",
            ),
        ),
        Command("list", "campaign:list_", "列出任务", "list campaigns", ("gongzhong campaign list --json",)),
        Command(
            "preview",
            "campaign:preview",
            "收件人会看到的样子",
            "what a recipient will see",
            ("gongzhong campaign preview 1", "gongzhong campaign preview 1 --position 7 --json"),
        ),
        Command(
            "test",
            "campaign:test",
            "发给一个人看，例如自己",
            "send it to one person, such as yourself",
            ("gongzhong campaign test 1 --to oMyOwnOpenID",),
        ),
        Command(
            "dry-run",
            "campaign_dry_run:dry_run",
            "在本地平台上照样发一遍：多少被拒绝、需要几天",
            "carry it out on a local platform: what is refused, how many days it takes",
            ("gongzhong campaign dry-run 1", "gongzhong campaign dry-run 1 --limit 10000 --json"),
        ),
        Command(
            "approve",
            "campaign:approve",
            "批准；没有批准不能开始",
            "approve it; without that it cannot start",
            ("gongzhong campaign approve 1 --by 主编",),
        ),
        Command(
            "start",
            "campaign_send:start",
            "开始发送，或加入正在进行的发送；Ctrl-C 停下，再次运行接着发",
            "send, or join those who send; Ctrl-C stops, the same command goes on",
            (
                "gongzhong campaign start 1",
                "gongzhong campaign start 1 --workers 2",
                "gongzhong campaign start 1 --json > result.json",
            ),
        ),
        Command(
            "resume",
            "campaign_send:start",
            "暂停或停下之后接着发",
            "go on after a pause or a stop",
            ("gongzhong campaign resume 1", "gongzhong campaign resume 1 --detach"),
        ),
        Command(
            "pause",
            "campaign:pause",
            "暂停所有进程的发送",
            "pause it in all processes",
            ("gongzhong campaign pause 1 --reason 下周再发",),
        ),
        Command(
            "cancel",
            "campaign:cancel",
            "永远停止；已发出的无法收回",
            "end it for good; what was sent stays sent",
            ("gongzhong campaign cancel 1",),
        ),
        Command(
            "status",
            "campaign:status",
            "收件人各在什么状态，被拒绝的返回码",
            "recipients by state, refusals by code",
            ("gongzhong campaign status 1 --json",),
        ),
        Command(
            "report",
            "campaign_report:report",
            "每个收件人的结果（CSV、JSON）",
            "every recipient's outcome, as CSV or JSON",
            (
                "gongzhong campaign report 1 > report.csv",
                "gongzhong campaign report 1 --format json --output report.json",
            ),
        ),
        Command(
            "settle",
            "campaign_report:settle",
            "列出并决定结果未知的发送",
            "list the sends whose outcome nobody knows, and decide them",
            (
                "gongzhong campaign settle 1",
                "gongzhong campaign settle 1 oABC oDEF --as sent",
                "gongzhong campaign settle 1 --all --as again --by 小王",
            ),
        ),
    ),
)
