"""A forward proxy with a certificate authority of this machine, for programs that have WeChat's addresses built in.

`HTTPS_PROXY` and a CA file are enough: https://api.weixin.qq.com is then answered by the platform in this process.
"""

from .authority import Authority
from .server import ForwardProxy

__all__ = ["Authority", "ForwardProxy"]
