"""Product cards inside articles (商品卡片).

There is no shop behind this platform: every well-formed id is a product.
"""

from __future__ import annotations

from html import escape
from typing import Final

from .refusal import require
from .world import AccountState, World

WRONG_PRODUCT, WRONG_CARD = 10170001, 10170003
LARGE, SMALL, TEXT, BAR = range(4)
OFFERED: Final = {"news": (LARGE, SMALL, TEXT), "newspic": (SMALL, TEXT, BAR)}


def card(
    world: World, account: AccountState, product_id: str, article_type: str, card_type: int
) -> tuple[str | None, str | None]:
    """Key and DOM of a card; each is given only where that kind of card needs it.

    Refuses with 10170001 for what is no number, with 10170003 for a card that the article can't show.
    """
    require(product_id.isdecimal(), WRONG_PRODUCT)
    require(card_type in OFFERED[article_type], WRONG_CARD)
    key = f"{account.appid}_{product_id}_{card_type}"
    world.db.run("INSERT OR IGNORE INTO product_card VALUES (?, ?, ?)", account.appid, key, product_id)
    if card_type == BAR:
        return key, None
    shown = (
        f'<mp-common-product data-productkey="{escape(key)}" data-cardtype="{card_type}"></mp-common-product>'
    )
    return None, shown
