"""The token centre (中控服务器) and API gateway: WeChat's API for services in any language, from one address.

    gateway = Gateway([account], GatewayTables(statements), state)
    app = GatewayApp(gateway)                # an ASGI application; `gongzhong gateway` serves it

Clients have keys of the gateway, not the AppSecret; see docs/gateway.md.
"""

from .door import GatewayApp
from .gateway import Gateway, Settings
from .keys import Key, make_key
from .tables import CallRecord, GatewayTables

__all__ = ["CallRecord", "Gateway", "GatewayApp", "GatewayTables", "Key", "Settings", "make_key"]
