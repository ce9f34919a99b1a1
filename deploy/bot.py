"""The program that the files in this folder serve: put yours in its place."""

from gongzhong import OfficialAccount, Subscribe, Text

oa = OfficialAccount.from_env()


@oa.on(Subscribe)
async def welcome(event: Subscribe) -> str:
    return "欢迎关注！"


@oa.on(Text)
async def echo(message: Text) -> str:
    return message.content
