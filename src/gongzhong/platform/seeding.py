"""From the configuration file to the first state of the world.

Seeding is idempotent: what an earlier run left in the data directory stays, and what the file declares is there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from ..catalogue import codes, fields, registry
from ..catalogue.drafts import AddDraft
from ..catalogue.menus import AddConditionalMenu, CreateMenu
from ..errors import SetupError
from .config import (
    LARGEST_NUMBER,
    AgentConfig,
    NoticeConfig,
    PlatformConfig,
    PublishedConfig,
    TagConfig,
    TieConfig,
)
from .world import (
    accounts,
    agents,
    articles,
    chats,
    drafts,
    mass,
    media,
    menus,
    notices,
    people,
    quotas,
    recognition,
    tags,
    templates,
)
from .world.database import SameKeyTwice
from .world.refusal import BadInput, Refusal
from .world.settings import AccountConfig
from .world.world import AccountState, World

T = TypeVar("T", int, float)
MOST_NOTICES = 1_000
"""More accepted notices of one person and template than this count as this many."""


def seed(world: World, config: PlatformConfig) -> None:
    """Make sure that everything declared exists. Raises SetupError for names that point nowhere or to two things."""
    _distinct("account.name", [account.name for account in config.account])
    _distinct("account.appid", [account.appid for account in config.account])
    _distinct("person.name", [person.name for person in config.person])
    if config.start is not None:
        _within("start", config.start)
    try:
        _seed(world, config)
    except SameKeyTwice as problem:
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
                state = accounts.create(world, account)
                _industries(world, account, state)
                _menus(world, account, state)
                for path, used in account.used_quota.items():
                    quotas.begin_at(world, state, path, used)
        for tag in config.tag:
            _tag(world, tag)
        for notice in config.notice:
            _notice(world, notice)
        for person in config.person:
            _person(world, person.name, msgspec.structs.asdict(person), person.accounts)
        for template in config.template:
            owner = _account(world, template.account)
            templates.ensure(
                world, owner, template.title, template.content, template.template_id, template.example
            )
        _files(world, config)
        _articles(world, config)
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
    for what, paths in (("call_limits", account.call_limits), ("used_quota", account.used_quota)):
        for path in paths:
            if registry.by_path(path) is None:
                raise SetupError(
                    f"公众号{account.name}的 {what} 里没有这个接口：{path}",
                    f"{what} of account {account.name}: there is no call {path}",
                )


def _menus(world: World, account: AccountConfig, state: AccountState) -> None:
    """Set the menus as the calls would; only that files and articles exist is not asked, they may come later."""
    where = f"account {account.name}"
    if account.menu:
        default = CreateMenu(button=account.menu)
        _kept(where, "menu", default)
        _obeyed(where, "menu", lambda: menus.set_default(world, state, msgspec.to_builtins(account.menu)))
    for index, one in enumerate(account.conditional_menu):
        name = f"conditional_menu[{index}]"
        _kept(where, name, AddConditionalMenu(button=one.button, matchrule=one.matchrule))
        buttons, rule = msgspec.to_builtins(one.button), msgspec.to_builtins(one.matchrule)
        _obeyed(where, name, partial(menus.add_conditional, world, state, buttons, rule))


def _kept(where: str, name: str, call: msgspec.Struct) -> None:
    """Raises SetupError for what the call that sets it would be refused for."""
    broken = fields.check(call)
    if broken is not None:
        raise SetupError(
            f"{where} 的 {name} 有误（{broken.code}）：{broken.zh}",
            f"mistake in {name} of {where} ({broken.code}): {broken.en}",
        )


def _obeyed(where: str, name: str, step: Callable[[], object]) -> None:
    """Raises SetupError where WeChat would refuse a step."""
    try:
        step()
    except Refusal as refusal:
        row = codes.lookup(refusal.code)
        zh, en = (row.meaning("zh"), row.meaning("en")) if row else ("", "")
        raise SetupError(
            f"{where} 的 {name} 有误（{refusal.code}）：{zh}",
            f"mistake in {name} of {where} ({refusal.code}): {en}",
        ) from None


def _notice(world: World, notice: NoticeConfig) -> None:
    owner = _account(world, notice.account)
    if any(one.template_id == notice.template_id for one in notices.listing(world, owner)):
        return
    add = partial(notices.add, world, owner, str(notice.tid), notice.kids, notice.scene)
    _obeyed(f"account {notice.account}", "notice", partial(add, template_id=notice.template_id))


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
        people.change_relation(
            world,
            relation.id,
            remark=tie.remark,
            blacklisted=tie.blacklisted,
            refuses=tie.refuses,
            reports_location=tie.reports_location,
        )
        if tie.followed_at and tie.follows:
            followed_at = _within("followed_at", tie.followed_at)
            people.change_relation(world, relation.id, subscribe_time=followed_at)
        if tie.wrote_s_ago is not None:
            chats.wrote(world, account, relation.openid, _within("wrote_s_ago", tie.wrote_s_ago))
        for template_id, times in tie.notices.items():
            where = f"person {name}"
            _obeyed(where, "notices", partial(notices.find, world, account, template_id))
            for _ in range(min(times, MOST_NOTICES)):
                notices.allow(world, account, relation.openid, notices.find(world, account, template_id))
        for tag in tie.tags:
            tags.put_on(world, account, tags.ensure(world, account, tag), relation)


def _within(what: str, seconds: T) -> T:
    """Raises SetupError for a time that no clock here can show."""
    if not 0 <= seconds <= LARGEST_NUMBER:
        raise SetupError(
            f"{what} 应在 0 到 {LARGEST_NUMBER} 秒之间，不能是 {seconds}",
            f"{what} must be from 0 to {LARGEST_NUMBER} seconds, not {seconds}",
        )
    return seconds


def _articles(world: World, config: PlatformConfig) -> None:
    """What the draft box holds, and what was published before the start, under the rules of `draft/add`."""
    for index, draft in enumerate(config.draft):
        owner, name = _account(world, draft.account), f"draft[{index}]"
        if not drafts.exists(world, owner, draft.media_id):
            where = f"account {draft.account}"
            _kept(where, name, AddDraft(articles=list(draft.article)))
            add = partial(drafts.add, world, owner, draft.article, media_id=draft.media_id)
            _obeyed(where, name, add)
    for index, published in enumerate(config.published):
        if not articles.exists(world, published.article_id):
            _published(world, f"published[{index}]", published)


def _published(world: World, name: str, config: PublishedConfig) -> None:
    owner, where = _account(world, config.account), f"account {config.account}"
    _kept(where, name, AddDraft(articles=list(config.article)))
    at = _within("published_at", config.published_at)

    def publish() -> None:
        kept = drafts.all_accepted(world, owner, config.article)
        articles.create(world, owner, kept, config.via, article_id=config.article_id, created_at=at)

    _obeyed(where, name, publish)


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
