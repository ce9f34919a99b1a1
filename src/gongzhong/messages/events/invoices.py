"""Electronic invoices (电子发票)."""

from __future__ import annotations

from typing import ClassVar

from ..model import Event


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
