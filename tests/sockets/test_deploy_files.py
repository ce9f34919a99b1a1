"""The files of deploy/ hold: systemd takes the unit, its commands run, what the containers name is there.

Images cannot be built here; what they would run is run on this machine instead, with the paths of a container put
where this machine has them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.servers import Postgres, program

from gongzhong.config import Configuration, read
from gongzhong.running.http_server import DRAIN_S
from gongzhong.running.listening import free_port
from gongzhong.wire import sign

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "gongzhong.service").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
DOCKERFILE = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))
OURS = str(Path(sys.executable).parent / "gongzhong")
SECRETS = {"secret": "0" * 32, "token": "deploytoken", "aes_key": "a" * 43}
START_S = 60.0
HIGHEST_EXPOSURE = 2.0
"""Of the scale of `systemd-analyze security`, on which an unprotected service has 9.6."""


def unit(name: str) -> list[str]:
    """The values of a setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def here(command: str) -> list[str]:
    """A command of the unit or the containers, with this interpreter's gongzhong."""
    first, *rest = shlex.split(command)
    return [*([sys.executable, "-m", "gongzhong"] if first.endswith("gongzhong") else [first]), *rest]


def container(name: str) -> list[str]:
    """The words of an instruction of the Dockerfile that stand in JSON."""
    found = re.findall(rf"^{name}.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)[-1]
    words: list[str] = json.loads(found)
    return words


def verified(port: int) -> bytes:
    """What the callback URL answers to WeChat's verification; waits until somebody listens."""
    query = f"signature={sign(SECRETS['token'], '1', '2')}&timestamp=1&nonce=2&echostr=echo77"
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/?{query}", timeout=10) as answer:
                body: bytes = answer.read()
                return body
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture
def unit_file(tmp_path: Path) -> Path:
    file = tmp_path / "gongzhong.service"
    file.write_text(UNIT.replace("/srv/bot/.venv/bin/gongzhong", OURS), "utf-8")
    return file


def analyze(*words: str) -> str:
    done = subprocess.run(
        [program("systemd-analyze"), *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout + done.stderr


def test_systemd_understands_the_unit(unit_file: Path) -> None:
    assert analyze("verify", str(unit_file)).strip() == ""


def test_the_unit_is_protected(unit_file: Path) -> None:
    said = analyze("security", "--offline=true", "--no-pager", str(unit_file))
    assert float(said.rpartition("gongzhong.service: ")[2].split()[0]) <= HIGHEST_EXPOSURE


def test_the_unit_gives_the_handlers_time_to_finish() -> None:
    assert float(unit("TimeoutStopSec")[0]) > DRAIN_S
    assert unit("KillMode") == ["mixed"]


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The folder of the program and the environment that systemd would give, on this machine."""
    credentials, state = tmp_path / "credentials", tmp_path / "state"
    for folder in (credentials, state):
        folder.mkdir()
    for loaded in unit("LoadCredential"):
        name, _, file = loaded.partition(":")
        (credentials / name).write_text(SECRETS[Path(file).name] + "\n", "utf-8")
    (tmp_path / "gongzhong.toml").write_text(f'[[account]]\nappid = "wx{"0" * 16}"\n', "utf-8")
    shutil.copy(DEPLOY / "bot.py", tmp_path)
    env = dict(one.split("=", 1) for one in unit("Environment"))
    env["GONGZHONG_CONFIG"] = str(tmp_path / "gongzhong.toml")
    env["GONGZHONG_DATABASE"] = env["GONGZHONG_DATABASE"].replace("/var/lib/gongzhong", str(state))
    return tmp_path, {**os.environ, **env, "CREDENTIALS_DIRECTORY": str(credentials)}


def test_the_unit_runs_with_its_credentials_and_stops(machine: tuple[Path, dict[str, str]]) -> None:
    folder, env = machine
    assert subprocess.run(here(unit("ExecStartPre")[0]), cwd=folder, env=env, timeout=60).returncode == 0
    port = free_port()
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(folder / "notify"))
    manager.settimeout(START_S)
    env |= {"GONGZHONG_PORT": str(port), "NOTIFY_SOCKET": str(folder / "notify")}
    process = subprocess.Popen(here(unit("ExecStart")[0]), cwd=folder, env=env, stderr=subprocess.PIPE)
    try:
        assert b"READY=1" in manager.recv(4096)
        assert verified(port) == b"echo77"
        process.send_signal(signal.SIGHUP)
        while b"READY=1" not in manager.recv(4096):
            continue
        assert verified(port) == b"echo77"
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=START_S)
    assert process.returncode == 0, said
    assert not [secret for secret in SECRETS.values() if secret.encode() in said]


def test_the_unit_without_its_credentials_says_what_is_missing(machine: tuple[Path, dict[str, str]]) -> None:
    folder, env = machine
    shutil.rmtree(env["CREDENTIALS_DIRECTORY"])
    done = subprocess.run(
        here(unit("ExecStart")[0]), cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    assert "GONGZHONG_TOKEN" in done.stderr


def sample() -> Configuration:
    """The containers' settings, with secrets that exist."""
    text = (DEPLOY / "gongzhong.toml").read_text("utf-8")
    names = re.findall(r'^(\w+)_file = "/run/secrets/(\w+)"', text, re.MULTILINE)
    assert {name for _, name in names} == set(COMPOSE["services"]["web-1"]["secrets"])
    given = {**SECRETS, "database": "postgresql://gongzhong:x@db/gongzhong"}
    env = {f"GONGZHONG_{setting.upper()}": given[name] for setting, name in names}
    return read(DEPLOY / "gongzhong.toml", env)


def test_the_containers_find_what_they_name() -> None:
    services, secrets = COMPOSE["services"], COMPOSE["secrets"]
    for name, service in services.items():
        assert set(service.get("secrets", ())) <= secrets.keys(), name
        assert set(service.get("depends_on", {})) <= services.keys(), name
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), mount
    settings = sample().settings
    servers = re.findall(
        r"^\s*server ([\w.-]+):(\d+)", (DEPLOY / "nginx.conf").read_text("utf-8"), re.MULTILINE
    )
    assert servers == [(name, str(settings.serve.port)) for name in ("web-1", "web-2")]
    assert settings.serve.host == "0.0.0.0"
    for name, _ in servers:
        assert float(services[name]["stop_grace_period"].removesuffix("s")) > (
            settings.serve.drain_s or DRAIN_S
        )


def test_the_image_is_built_from_what_is_there_and_runs_without_rights() -> None:
    stages = DOCKERFILE.split("FROM ")[1:]
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((DEPLOY / one).is_file() for one in sources.split()), sources
    assert re.search(r"^USER \d+:\d+$", stages[-1], re.MULTILINE), "by number, so that Kubernetes can tell"
    assert "pip install" not in stages[-1]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = (DEPLOY / "requirements.txt").read_text("utf-8").strip()
    assert wanted.startswith("gongzhong[")
    assert set(wanted.removeprefix("gongzhong[").removesuffix("]").split(",")) <= extras.keys()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres")
    server.start()
    yield server
    server.stop()


def test_what_the_containers_run_works_with_postgresql(tmp_path: Path, database: Postgres) -> None:
    app, secrets = tmp_path / "app", tmp_path / "secrets"
    for folder in (app, secrets):
        folder.mkdir()
    for name, text in {**SECRETS, "database": database.url}.items():
        (secrets / name).write_text(text + "\n", "utf-8")
    shutil.copy(DEPLOY / "bot.py", app)
    settings = (DEPLOY / "gongzhong.toml").read_text("utf-8").replace("/run/secrets/", f"{secrets}/")
    (app / "gongzhong.toml").write_text(settings, "utf-8")
    port, admin = free_port(), free_port()
    upgrade = COMPOSE["services"]["upgrade"]["command"]
    assert subprocess.run(here(shlex.join(upgrade)), cwd=app, timeout=60).returncode == 0
    env = {
        "GONGZHONG_PORT": str(port),
        "GONGZHONG_HOST": "127.0.0.1",
        "GONGZHONG_ADMIN": f"127.0.0.1:{admin}",
    }
    health = [sys.executable, *(word.replace("9100", str(admin)) for word in container("HEALTHCHECK")[1:])]
    process = subprocess.Popen(here(shlex.join(container("CMD"))), cwd=app, env={**os.environ, **env})
    try:
        assert verified(port) == b"echo77"
        assert subprocess.run(health, timeout=30).returncode == 0
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_S)
    assert process.returncode == 0
    assert subprocess.run(health, timeout=30, stderr=subprocess.DEVNULL).returncode == 1
