"""People's data: encrypted with a key per person, stored with consent and purpose, erased by destroying the key.

`People` opens everything for one database; what it gives for an account (`Vault`, …) can reach that account alone.
"""

from .errors import DataDamaged, PeopleError, PersonErased
from .keys import Keyring
from .masters import LocalMaster, MasterKey, Masters
from .people import People, open_people
from .vault import Vault

__all__ = [
    "DataDamaged",
    "Keyring",
    "LocalMaster",
    "MasterKey",
    "Masters",
    "People",
    "PeopleError",
    "PersonErased",
    "Vault",
    "open_people",
]
