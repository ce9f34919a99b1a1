"""What `gongzhong doctor` finds out: are callback URL, pushes, credentials and permissions of an account right, and is
everything there that a deployment stands on?

It sends verification requests and pushes as WeChat does, judges the answers as the platform does, and makes API calls
that only read. Nothing is changed on either side.
"""

from __future__ import annotations

from .deployment import diagnose_deployment
from .diagnosis import diagnose
from .finding import Finding, Status, exit_status, healthy

__all__ = ["Finding", "Status", "diagnose", "diagnose_deployment", "exit_status", "healthy"]
