"""What importing the client costs."""

from __future__ import annotations

import subprocess
import sys


def test_no_http_library_is_loaded_before_a_client_is_made() -> None:
    program = (
        "import sys, gongzhong.client, gongzhong.client.groups\n"
        "print([name for name in ('aiohttp', 'urllib3', 'pyreqwest', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_table_of_return_codes_is_read_only_when_asked_for() -> None:
    program = (
        "import gongzhong.client, gongzhong.catalogue.codes as codes, gongzhong.catalogue.advice as advice\n"
        "print(codes.table.cache_info().currsize + advice._specific.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_a_forgotten_close_does_not_abort() -> None:
    program = (
        "import asyncio\n"
        "from gongzhong.account import Account, Hosts, Secret\n"
        "from gongzhong.client import AsyncClient, CallPolicy\n"
        "from gongzhong.errors import NotReached\n"
        "account = Account(appid='wx0123456789abcdef', secret=Secret('s'), hosts=Hosts.local('http://127.0.0.1:1'))\n"
        "client = AsyncClient(account, policy=CallPolicy(pause_s=0))\n"
        "async def main():\n"
        "    results = await asyncio.gather(*(client.menu.get() for _ in range(8)), return_exceptions=True)\n"
        "    print({type(result).__name__ for result in results})\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "{'NotReached'}"), done.stderr


def test_a_missing_extra_says_how_to_get_it() -> None:
    program = (
        "import sys\n"
        "sys.modules['pyreqwest.client'] = None\n"
        "from gongzhong.errors import SetupError\n"
        "try:\n"
        "    import gongzhong.client.transports.pyreqwest_transport\n"
        "except SetupError as error:\n"
        "    print(error.text('en'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'gongzhong[pyreqwest]'" in done.stdout


def test_a_chapter_of_the_catalogue_is_loaded_with_the_first_use_of_its_calls() -> None:
    program = (
        "import sys; from gongzhong import Account, Client, OfficialAccount\n"
        "client = Client(Account(appid='wx0123456789abcdef', secret='a'))\n"
        "chapters = ('ai', 'menus', 'templates', 'users')\n"
        "def loaded(): return [name for name in chapters if f'gongzhong.catalogue.{name}' in sys.modules]\n"
        "before = loaded(); said = client.users.get.__doc__; print(before, loaded(), bool(said))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] ['users'] True"
