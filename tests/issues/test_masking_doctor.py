"""What `gongzhong doctor` writes holds no secret, whoever repeats it.

Source: DESIGN section 8 (secrets and tokens never appear in messages, logs, reprs or tracebacks).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from ..sockets.peers import Act, Connection, Peer, peer

pytestmark = pytest.mark.heavy

__all__ = ["peer"]

SECRET, TOKEN, AES_KEY = "5ec7e7" * 5 + "aa", "88_tokenTOKENtoken0123456789", "k3y" * 14 + "A"
PUSH_TOKEN = "pushTOKENpushTOKEN1"
ACCOUNT = {"APPID": "wx0123456789abcdef", "SECRET": SECRET, "TOKEN": PUSH_TOKEN, "AES_KEY": AES_KEY}
QUOTED = f"{SECRET} {PUSH_TOKEN} {AES_KEY}"
GRANTED = f'{{"access_token":"{TOKEN}","expires_in":7200}}'
ANSWERS = {
    "everything is a page": (f"<title>{QUOTED}</title>{QUOTED}", f"<title>{QUOTED}</title>"),
    "everything is refused": (
        f'{{"errcode":40125,"errmsg":"{QUOTED}"}}',
        f'{{"errcode":1,"errmsg":"{QUOTED}"}}',
    ),
    "only the token is given": (GRANTED, f'{{"errcode":48001,"errmsg":"access_token={TOKEN} {QUOTED}"}}'),
}


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("how", ANSWERS)
def test_doctor_shows_no_secret(how: str, as_json: bool, peer: Callable[[Act], Peer]) -> None:
    token_answer, other = ANSWERS[how]

    def act(connection: Connection) -> None:
        while connection.read_request():
            line = connection.head.split(b"\r\n")[0]
            asks_token = b"token" in line and b"access_token=" not in line
            connection.answer((token_answer if asks_token else other).encode())

    server = peer(act)
    account = {f"GONGZHONG_{name}": value for name, value in ACCOUNT.items()}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gongzhong",
            "doctor",
            "--url",
            f"{server.url}/wechat",
            *["--json"][: int(as_json)],
        ],
        capture_output=True,
        timeout=120,
        env={**os.environ, **account, "GONGZHONG_API_BASE": server.url, "COLUMNS": "500"},
    )
    written = (done.stdout + done.stderr).decode()
    assert done.returncode == 1 and server.connections, written
    assert ("findings" in written) is as_json
    for value in (SECRET, TOKEN, PUSH_TOKEN, AES_KEY):
        assert value not in written, written
