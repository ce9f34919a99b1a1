"""People's data: encrypted with a key per person, stored with consent and purpose, erased by destroying the key.

`People` opens everything for one database; what it gives for an account (`Vault`, …) can reach that account alone.
"""

from .audit import Audit, AuditEntry, AuditReport
from .directory import Directory, Progress
from .erasure import Certificate, Elsewhere, Erasure
from .errors import DataDamaged, NoConsent, PeopleError, PersonErased, SnapshotUser, UndeclaredField
from .keys import Keyring
from .masters import LocalMaster, MasterKey, Masters, read_master, read_master_file
from .people import People, configured, from_environment, open_people
from .purposes import Collected, Purposes
from .records import Consent, Records
from .unions import Joined, Unions
from .upkeep import Upkeep
from .vault import Vault

__all__ = [
    "Audit",
    "AuditEntry",
    "AuditReport",
    "Certificate",
    "Collected",
    "Consent",
    "DataDamaged",
    "Directory",
    "Elsewhere",
    "Erasure",
    "Joined",
    "Keyring",
    "LocalMaster",
    "MasterKey",
    "Masters",
    "NoConsent",
    "People",
    "PeopleError",
    "PersonErased",
    "Progress",
    "Purposes",
    "Records",
    "SnapshotUser",
    "UndeclaredField",
    "Unions",
    "Upkeep",
    "Vault",
    "configured",
    "from_environment",
    "open_people",
    "read_master",
    "read_master_file",
]
