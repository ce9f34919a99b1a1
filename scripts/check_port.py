"""Say clearly that a port is taken, before minutes go into building what could not start.

Usage: check_port.py PORT
"""

from __future__ import annotations

import errno
import os
import socket
import sys


def problem(text: str) -> str | None:
    """Why nothing can listen on this port of 127.0.0.1, or None."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        return f"PORT 应为 1 到 65535 的数字，不是 {text!r} / PORT must be a number from 1 to 65535"
    with socket.socket() as probe:
        if os.name == "posix":
            # Else connections that are closing would look like a server that still listens.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = int(text) + 1 if int(text) < 65535 else 8700
                return (
                    f"端口 {text} 已被占用，换一个：make demo PORT={other}\n"
                    f"port {text} is in use, choose another: make demo PORT={other}"
                )
            return f"不能使用端口 {text}：{error.strerror} / port {text} cannot be used: {error.strerror}"
    return None


if __name__ == "__main__":
    sys.exit(problem(sys.argv[1] if len(sys.argv) > 1 else ""))
