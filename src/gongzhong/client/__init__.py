"""Client and AsyncClient: WeChat's API as typed methods. An HTTP library is loaded with the first client."""

from .budgets import Budgets, QuotaStore
from .client import AsyncClient, Client
from .flow import CallPolicy, TicketKind
from .method import Awaiting, Blocking
from .token_store import MemoryTokenStore, TokenRecord, TokenStore
from .tokens import TokenPolicy, Tokens
from .transport import AsyncTransport, Transport, WireReply, WireRequest

__all__ = [
    "AsyncClient",
    "AsyncTransport",
    "Awaiting",
    "Blocking",
    "Budgets",
    "CallPolicy",
    "Client",
    "MemoryTokenStore",
    "QuotaStore",
    "TicketKind",
    "TokenPolicy",
    "TokenRecord",
    "TokenStore",
    "Tokens",
    "Transport",
    "WireReply",
    "WireRequest",
]
