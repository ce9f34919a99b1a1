"""Cards, gift cards and electronic invoices (卡券、礼品卡、电子发票). Amounts are in fen."""

from __future__ import annotations

from typing import ClassVar

from ..elements import Flag, QuotedInt
from ..model import Event


class CardEvent(Event, frozen=True, kw_only=True):
    """Something about one kind of card."""

    card_id: str


class UserCardEvent(CardEvent, frozen=True, kw_only=True):
    """Something about the card in a user's hands."""

    user_card_code: str


class CardPassCheck(CardEvent, frozen=True, kw_only=True):
    """The review accepted a card."""

    entry: ClassVar[str] = "33"
    title_zh: ClassVar[str] = "卡券审核通过"
    title_en: ClassVar[str] = "card accepted by the review"

    event: str = "card_pass_check"


class CardNotPassCheck(CardEvent, frozen=True, kw_only=True):
    """The review refused a card."""

    entry: ClassVar[str] = "34"
    title_zh: ClassVar[str] = "卡券审核未通过"
    title_en: ClassVar[str] = "card refused by the review"

    event: str = "card_not_pass_check"
    refuse_reason: str | None = None


class UserGetCard(UserCardEvent, frozen=True, kw_only=True):
    """A user took a card."""

    entry: ClassVar[str] = "35"
    title_zh: ClassVar[str] = "用户领取卡券"
    title_en: ClassVar[str] = "card taken"

    event: str = "user_get_card"
    is_give_by_friend: Flag | None = None
    friend_user_name: str | None = None
    outer_id: int | None = None
    old_user_card_code: str | None = None
    outer_str: str | None = None
    is_restore_member_card: Flag | None = None
    is_recommend_by_friend: Flag | None = None
    union_id: str | None = None


class UserGiftingCard(UserCardEvent, frozen=True, kw_only=True):
    """A user gives a card away."""

    entry: ClassVar[str] = "36"
    title_zh: ClassVar[str] = "用户转赠卡券"
    title_en: ClassVar[str] = "card given away"

    event: str = "user_gifting_card"
    is_return_back: Flag | None = None
    friend_user_name: str | None = None
    is_chat_room: Flag | None = None


class UserDelCard(UserCardEvent, frozen=True, kw_only=True):
    """A user deleted a card."""

    entry: ClassVar[str] = "37"
    title_zh: ClassVar[str] = "用户删除卡券"
    title_en: ClassVar[str] = "card deleted"

    event: str = "user_del_card"


class UserConsumeCard(UserCardEvent, frozen=True, kw_only=True):
    """A card was redeemed."""

    entry: ClassVar[str] = "38"
    title_zh: ClassVar[str] = "卡券核销"
    title_en: ClassVar[str] = "card redeemed"

    event: str = "user_consume_card"
    consume_source: str | None = None
    """`FROM_API`, `FROM_MP` or `FROM_MOBILE_HELPER`."""
    location_id: int | None = None
    location_name: str | None = None
    staff_open_id: str | None = None
    verify_code: str | None = None
    remark_amount: str | None = None
    outer_str: str | None = None


class UserPayFromPayCell(UserCardEvent, frozen=True, kw_only=True):
    """A user paid with a card."""

    entry: ClassVar[str] = "39"
    title_zh: ClassVar[str] = "微信买单"
    title_en: ClassVar[str] = "paid with a card"

    event: str = "user_pay_from_pay_cell"
    trans_id: str
    location_id: int | None = None
    fee: QuotedInt
    original_fee: QuotedInt


class UserViewCard(UserCardEvent, frozen=True, kw_only=True):
    """A user opened a card."""

    entry: ClassVar[str] = "40"
    title_zh: ClassVar[str] = "用户进入会员卡"
    title_en: ClassVar[str] = "card opened"

    event: str = "user_view_card"
    outer_str: str | None = None


class UserEnterSessionFromCard(UserCardEvent, frozen=True, kw_only=True):
    """A follower came to the chat from a card."""

    entry: ClassVar[str] = "41"
    title_zh: ClassVar[str] = "从卡券进入公众号会话"
    title_en: ClassVar[str] = "chat opened from a card"

    event: str = "user_enter_session_from_card"


class UpdateMemberCard(UserCardEvent, frozen=True, kw_only=True):
    """Points or balance of a member card changed."""

    entry: ClassVar[str] = "42"
    title_zh: ClassVar[str] = "会员卡内容更新"
    title_en: ClassVar[str] = "member card changed"

    event: str = "update_member_card"
    modify_bonus: int
    modify_balance: int


class CardSkuRemind(CardEvent, frozen=True, kw_only=True):
    """A card's stock runs low; at most every 12 hours."""

    entry: ClassVar[str] = "43"
    title_zh: ClassVar[str] = "卡券库存报警"
    title_en: ClassVar[str] = "card stock low"

    event: str = "card_sku_remind"
    detail: str


class CardPayOrder(Event, frozen=True, kw_only=True):
    """The balance of coins that pays for cards changed."""

    entry: ClassVar[str] = "44"
    title_zh: ClassVar[str] = "券点流水详情"
    title_en: ClassVar[str] = "card coins changed"

    event: str = "card_pay_order"
    order_id: str
    status: str
    create_order_time: int | None = None
    pay_finish_time: int | None = None
    desc: str | None = None
    free_coin_count: QuotedInt | None = None
    pay_coin_count: QuotedInt | None = None
    refund_free_coin_count: QuotedInt | None = None
    refund_pay_coin_count: QuotedInt | None = None
    order_type: str
    memo: str | None = None
    receipt_info: str | None = None


class SubmitMembercardUserInfo(UserCardEvent, frozen=True, kw_only=True):
    """A user sent the form that activates a member card."""

    entry: ClassVar[str] = "45"
    title_zh: ClassVar[str] = "会员卡激活"
    title_en: ClassVar[str] = "member card form sent"

    event: str = "submit_membercard_user_info"


class CardMerchantCheckResult(Event, frozen=True, kw_only=True):
    """The review judged a merchant."""

    entry: ClassVar[str] = "46"
    title_zh: ClassVar[str] = "子商户审核结果"
    title_en: ClassVar[str] = "merchant reviewed"

    event: str = "card_merchant_check_result"
    merchant_id: int
    is_pass: Flag
    reason: str | None = None


class GiftcardEvent(Event, frozen=True, kw_only=True):
    """Something about one order of gift cards."""

    page_id: str
    order_id: str


class GiftcardPayDone(GiftcardEvent, frozen=True, kw_only=True):
    """A user bought a gift card."""

    entry: ClassVar[str] = "47"
    title_zh: ClassVar[str] = "用户购买礼品卡付款成功"
    title_en: ClassVar[str] = "gift card bought"

    event: str = "giftcard_pay_done"


class GiftcardSendToFriend(GiftcardEvent, frozen=True, kw_only=True):
    """A user sent a gift card to friends."""

    entry: ClassVar[str] = "48"
    title_zh: ClassVar[str] = "用户购买后赠送礼品卡"
    title_en: ClassVar[str] = "gift card sent"

    event: str = "giftcard_send_to_friend"
    is_chat_room: bool | None = None
    is_return_back: bool | None = None


class GiftcardUserAccept(GiftcardEvent, frozen=True, kw_only=True):
    """A friend accepted a gift card."""

    entry: ClassVar[str] = "49"
    title_zh: ClassVar[str] = "用户领取礼品卡成功"
    title_en: ClassVar[str] = "gift card accepted"

    event: str = "giftcard_user_accept"
    is_chat_room: bool | None = None


class UserAuthorizeInvoice(Event, frozen=True, kw_only=True):
    """A user allowed, or refused, an invoice for an order."""

    entry: ClassVar[str] = "50"
    title_zh: ClassVar[str] = "用户授权开票"
    title_en: ClassVar[str] = "invoice authorized"

    event: str = "user_authorize_invoice"
    succ_order_id: str | None = None
    fail_order_id: str | None = None
    app_id: str | None = None
    source: str | None = None
    """`web`, `app` or empty."""


class UpdateInvoiceStatus(Event, frozen=True, kw_only=True):
    """The state of an invoice in a user's wallet changed."""

    entry: ClassVar[str] = "51"
    title_zh: ClassVar[str] = "发票状态更新"
    title_en: ClassVar[str] = "invoice state changed"

    event: str = "update_invoice_status"
    status: str
    """`INVOICE_REIMBURSE_INIT`, `_LOCK`, `_CLOSURE` or `_CANCEL`."""
    card_id: str
    code: str


class SubmitInvoiceTitle(Event, frozen=True, kw_only=True, rename=None):
    """A user sent the name to be put on an invoice (发票抬头)."""

    entry: ClassVar[str] = "52"
    title_zh: ClassVar[str] = "用户提交发票抬头"
    title_en: ClassVar[str] = "invoice title sent"

    event: str = "submit_invoice_title"
    title: str
    tax_no: str | None = None
    addr: str | None = None
    phone: str | None = None
    bank_type: str | None = None
    bank_no: str | None = None
    attach: str | None = None
    title_type: str
    """`InvoiceUserTitleBusinessType` or `InvoiceUserTitlePersonType`."""


class CloudInvoiceResult(Event, frozen=True, kw_only=True, rename=None):
    """An invoice was made, or not."""

    entry: ClassVar[str] = "53"
    title_zh: ClassVar[str] = "开票结果"
    title_en: ClassVar[str] = "invoice made"

    event: str = "cloud_invoice_invoiceresult_event"
    fpqqlsh: str
    """Serial number of the request (发票请求流水号)."""
    status: int
    nsrsbh: str
    """Taxpayer number (纳税人识别号)."""
