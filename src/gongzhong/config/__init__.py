"""Settings of a production set-up: one TOML file, environment variables and options, checked before anything starts.

`settings.py` declares every setting once: name, type, default, unit, bounds, what it is for, variable. `read` puts
together what was given: an option goes before a variable, a variable before the file, the file before the default.
"""

from __future__ import annotations

from .declaration import About, Setting, every_setting
from .reading import (
    FILE,
    FILE_VARIABLE,
    Configuration,
    Mistake,
    Note,
    Source,
    WrongConfiguration,
    read,
    renew,
    settings_of,
)
from .settings import AccountSettings, Alarms, Gateway, Log, PeopleApi, PeopleData, Replies, Serve, Settings

__all__ = [
    "FILE",
    "FILE_VARIABLE",
    "About",
    "AccountSettings",
    "Alarms",
    "Configuration",
    "Gateway",
    "Log",
    "Mistake",
    "Note",
    "PeopleApi",
    "PeopleData",
    "Replies",
    "Serve",
    "Setting",
    "Settings",
    "Source",
    "WrongConfiguration",
    "every_setting",
    "read",
    "renew",
    "settings_of",
]
