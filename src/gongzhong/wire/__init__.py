"""Signature, AES envelope and XML: bytes in and out, no I/O; nothing is used that was not verified."""

from .cipher import Cipher
from .envelope import Keys, matches, sign
from .push import NO_REPLY, NonceCache, Opened, PushReader, PushWriter, SealedPush
from .query import PushQuery, Query
from .reading import read_xml
from .xml import MAX_BODY_BYTES, Fields, Writable, cdata, read_strict_xml, write_xml

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
    "Query",
    "SealedPush",
    "Writable",
    "cdata",
    "matches",
    "read_strict_xml",
    "read_xml",
    "sign",
    "write_xml",
]
