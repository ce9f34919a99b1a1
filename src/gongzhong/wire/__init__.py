"""Signature, AES envelope and XML: bytes in and out, no I/O, nothing believed that was not verified."""

from .cdata import cdata
from .cipher import Cipher
from .envelope import Keys
from .fields import Fields, Writable
from .push import NO_REPLY, Opened, PushReader, PushWriter, SealedPush
from .query import PushQuery
from .replay import NonceCache
from .signature import matches, sign
from .xml import MAX_BODY_BYTES, read_xml, write_xml

__all__ = [
    "MAX_BODY_BYTES",
    "NO_REPLY",
    "Cipher",
    "Fields",
    "Keys",
    "NonceCache",
    "Opened",
    "PushQuery",
    "PushReader",
    "PushWriter",
    "SealedPush",
    "Writable",
    "cdata",
    "matches",
    "read_xml",
    "sign",
    "write_xml",
]
