"""From the configuration file to the first state of the world.

Seeding is idempotent: what an earlier run left in the data directory stays, and what the file declares is there.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ..catalogue import registry
from ..errors import SetupError
from .config import AccountConfig, AgentConfig, PlatformConfig, TagConfig, TieConfig
from .world import accounts, agents, chats, mass, media, people, recognition, tags, templates
from .world.refusal import BadInput, Refusal
from .world.world import AccountState, World

T = TypeVar("T", int, float)
LAST_SECOND: Final = 9_999_999_999
"""The year 2286: as far as the clock can be moved."""


def seed(world: World, config: PlatformConfig) -> None:
    """Make sure that everything declared exists. Raises SetupError for names that point nowhere or to two things."""
    _distinct("account.name", [account.name for account in config.account])
    _distinct("account.appid", [account.appid for account in config.account])
    _distinct("person.name", [person.name for person in config.person])
    if config.start is not None:
        _within("start", config.start)
    try:
        _seed(world, config)
    except sqlite3.IntegrityError as problem:
        raise SetupError(
            f"配置里有两项使用同一个 ID：{problem}",
            f"two entries of the configuration have the same id: {problem}",
        ) from None


def _distinct(what: str, names: list[str]) -> None:
    """Raises SetupError for a name that two entries have; empty ones are still to be made."""
    for name in names:
        if name and names.count(name) > 1:
            raise SetupError(
                f"配置里的 {what} 重复：{name}", f"{what} is given twice in the configuration: {name}"
            )


def _seed(world: World, config: PlatformConfig) -> None:
    with world.db.transaction():
        for account in config.account:
            _usable(account)
            if not any(known.name == account.name for known in world.accounts.values()):
                _industries(world, account, accounts.create(world, account))
        for tag in config.tag:
            _tag(world, tag)
        for person in config.person:
            _person(world, person.name, msgspec.structs.asdict(person), person.accounts)
        for template in config.template:
            owner = _account(world, template.account)
            templates.ensure(
                world, owner, template.title, template.content, template.template_id, template.example
            )
        _files(world, config)
        _recognised(world, config)
        for agent in config.agent:
            _agent(world, agent)


def _usable(account: AccountConfig) -> None:
    """Raises SetupError for what would go wrong, or count for nothing, only later."""
    try:
        accounts.require_key(account)
    except SetupError as problem:
        raise SetupError(
            f"公众号{account.name}：{problem.zh}",
            f"account {account.name}: {problem.en}",
            fix_zh=problem.fix_zh,
            fix_en=problem.fix_en,
        ) from None
    for path in account.call_limits:
        if registry.by_path(path) is None:
            raise SetupError(
                f"公众号{account.name}的 call_limits 里没有这个接口：{path}",
                f"call_limits of account {account.name}: there is no call {path}",
            )


def _tag(world: World, tag: TagConfig) -> None:
    if tag.id and tag.id < tags.FIRST_OWN_ID:
        raise SetupError(
            f"tag {tag.name} 的 id 应从 {tags.FIRST_OWN_ID} 起，不能是 {tag.id}",
            f"tag {tag.name}: ids start at {tags.FIRST_OWN_ID}, it cannot have {tag.id}",
        )
    tags.ensure(world, _account(world, tag.account), tag.name, tag.id)


def _agent(world: World, agent: AgentConfig) -> None:
    owner = _account(world, agent.account)
    if agent.kf_account.rpartition("@")[2] != owner.wechat_id:
        raise SetupError(
            f"客服账号 {agent.kf_account} 应以 @{owner.wechat_id} 结尾（公众号的微信号）",
            f"the agent {agent.kf_account} must end with @{owner.wechat_id}, the account's WeChat id",
        )
    agents.ensure(world, owner, agent.kf_account, agent.nickname, kf_wx=agent.kf_wx, online=agent.online)


def _account(world: World, name: str) -> AccountState:
    try:
        return accounts.find(world, name)
    except KeyError:
        raise SetupError(
            f"配置里提到的公众号不存在：{name}",
            f"the configuration names an account that does not exist: {name}",
        ) from None


def _person(world: World, name: str, profile: dict[str, object], ties: dict[str, TieConfig]) -> None:
    try:
        people.get(world, name)
        return
    except KeyError:
        known = {key: profile[key] for key in ("nickname", "headimgurl", "sex", "language")}
        people.create(world, name, **known)  # type: ignore[arg-type]
    for account_name, tie in ties.items():
        account = _account(world, account_name)
        relation = people.relation(world, account, name, tie.openid)
        if tie.follows:
            relation = people.follow(world, account, name)
        world.db.run(
            "UPDATE relation SET remark = ?, blacklisted = ?, refuses = ?, reports_location = ? WHERE id = ?",
            tie.remark,
            int(tie.blacklisted),
            int(tie.refuses),
            int(tie.reports_location),
            relation.id,
        )
        if tie.followed_at and tie.follows:
            world.db.run(
                "UPDATE relation SET subscribe_time = ? WHERE id = ?",
                _within("followed_at", tie.followed_at),
                relation.id,
            )
        if tie.wrote_s_ago is not None:
            chats.wrote(world, account, relation.openid, _within("wrote_s_ago", tie.wrote_s_ago))
        for tag in tie.tags:
            tags.put_on(world, account, tags.ensure(world, account, tag), relation)


def _within(what: str, seconds: T) -> T:
    """Raises SetupError for a time that no clock here can show."""
    if not 0 <= seconds <= LAST_SECOND:
        raise SetupError(
            f"{what} 应在 0 到 {LAST_SECOND} 秒之间，不能是 {seconds}",
            f"{what} must be from 0 to {LAST_SECOND} seconds, not {seconds}",
        )
    return seconds


def _industries(world: World, account: AccountConfig, state: AccountState) -> None:
    if account.mass_speed is not None:
        mass.set_speed(world, state, account.mass_speed)
    if not account.industries:
        return
    if len(account.industries) != 2 or not set(account.industries) <= templates.INDUSTRIES.keys():
        raise SetupError(
            f"公众号{account.name}的 industries 应为两个行业代码（1 到 {len(templates.INDUSTRIES)}）",
            f"industries of account {account.name} must be two codes from 1 to {len(templates.INDUSTRIES)}",
        )
    templates.choose_industries(world, state, *account.industries)


def _recognised(world: World, config: PlatformConfig) -> None:
    for item in config.recognised:
        path = Path(config.folder) / item.file
        try:
            key = item.key or recognition.digest(path.read_bytes())
            recognition.teach(world, item.kind, key, item.result)
        except OSError:
            raise SetupError(f"找不到文件 {path}", f"there is no file {path}") from None
        except BadInput as problem:
            raise SetupError(
                f"recognised 有误：{problem.zh}", f"mistake in recognised: {problem.en}"
            ) from None


def _files(world: World, config: PlatformConfig) -> None:
    for item in config.media:
        owner = _account(world, item.account)
        path = Path(config.folder) / item.file
        try:
            content = path.read_bytes()
            media.accept(item.kind, content, permanent=item.permanent)
        except OSError:
            raise SetupError(f"找不到素材文件 {path}", f"there is no media file {path}") from None
        except Refusal as refusal:
            raise SetupError(
                f"素材文件 {path} 不能作为{item.kind}（{refusal.code}）",
                f"the file {path} cannot serve as {item.kind} ({refusal.code})",
            ) from None
        media.keep(
            world,
            owner,
            item.kind,
            content,
            source="config",
            permanent=item.permanent,
            media_id=item.media_id,
            name=path.name,
        )
