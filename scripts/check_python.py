"""Stop before anything is installed when this Python is too old or cannot make a virtual environment."""

import importlib.util
import sys

found = ".".join(map(str, sys.version_info[:3]))
if sys.version_info < (3, 11):  # noqa: UP036 (this very check is for older ones)
    sys.exit(
        f"需要 Python 3.11 或更新，这里是 {found}；换一个：make … PY=python3.12\n"
        f"Python 3.11 or newer is needed, this is {found}; choose another: make … PY=python3.12"
    )
if importlib.util.find_spec("ensurepip") is None:
    sys.exit(
        "这个 Python 不能创建虚拟环境；Debian/Ubuntu：apt-get install python3-venv\n"
        "This Python cannot make virtual environments; on Debian/Ubuntu: apt-get install python3-venv"
    )
