"""The certificate authority of this machine: made once, kept in a folder, good for WeChat's names only.

A program has to trust the authority for the proxy to answer in WeChat's name. So that this trust is worth nothing to
anybody else, the authority itself says that it may only ever speak for WeChat's hosts (name constraints), and its key
never leaves the folder.
"""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ...errors import SetupError, say

NAME = "gongzhong local platform"
CERTIFICATE, KEY = "ca.pem", "ca.key"
DOMAINS = ("weixin.qq.com", "wx.qq.com")
"""What the authority may certify: these names and everything below them."""
AUTHORITY_DAYS = 3650
LEAF_DAYS = 90
BACKDATED = datetime.timedelta(days=1)
"""Clocks differ a little, and test clocks a lot."""


def is_ours(host: str) -> bool:
    """Whether a host name is WeChat's, so that the authority may answer for it."""
    return any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)


class Authority:
    """Issues certificates on the fly. Raises SetupError when the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate_file = folder / CERTIFICATE
        try:
            if not (self.certificate_file.exists() and (folder / KEY).exists()):
                self._make()
            self._key = _read_key(folder / KEY)
            self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        except (OSError, ValueError, TypeError) as problem:
            raise SetupError(
                f"不能使用证书目录 {folder}：{problem}",
                f"cannot use the certificates in {folder}: {problem}",
                fix_zh="检查目录权限，或删除该目录重新生成",
                fix_en="check its permissions, or delete it to have new ones made",
            ) from None
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext:
        """What a TLS server needs to answer as `host`. Raises ValueError for a name that is not WeChat's."""
        if not is_ours(host):
            raise ValueError(say(f"不为 {host} 签发证书", f"no certificates for {host}"))
        if host not in self._contexts:
            self._contexts[host] = self._context(host)
        return self._contexts[host]

    def _context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        chain = self._leaf(host).public_bytes(serialization.Encoding.PEM)
        # The ssl module reads keys from files only.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "leaf.pem"
            _write_private(file, chain + _pem(self._leaf_key))
            context.load_cert_chain(file)
        return context

    def _leaf(self, host: str) -> x509.Certificate:
        return (
            _builder(host, self._certificate.subject, LEAF_DAYS)
            .public_key(self._leaf_key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        itself = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        allowed = [x509.DNSName(domain) for domain in DOMAINS]
        certificate = (
            _builder(NAME, itself, AUTHORITY_DAYS)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_signs_only(), critical=True)
            .add_extension(x509.NameConstraints(allowed, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_private(self.folder / KEY, _pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _builder(name: str, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _signs_only() -> x509.KeyUsage:
    others = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **others)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file.name} is not one of our keys")
    return key


def _write_private(file: Path, content: bytes) -> None:
    """Readable by its owner only, from the first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
