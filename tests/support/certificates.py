"""Certificates of applications, made for a test run and kept nowhere."""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key and the certificates that issued it."""

    key: Key
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def public(self) -> str:
        """The certificate alone, as it is registered in Entra ID."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def public_key(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def canonical(self) -> str:
        """What an order holds: the key in PKCS#8, and the chain."""
        return self.pem()

    def pem(self, password: str = "", key_format: PrivateFormat = PrivateFormat.PKCS8) -> str:
        key = self.key.private_bytes(Encoding.PEM, key_format, _encrypt(password)).decode()
        chain = [certificate.public_bytes(Encoding.PEM).decode() for certificate in (self.certificate, *self.issuers)]
        return "".join([key, *chain])

    def pkcs12(self, password: str = "") -> str:
        """PKCS#12 in base64."""
        issuers = list(self.issuers) or None
        packed = pkcs12.serialize_key_and_certificates(
            b"application", self.key, self.certificate, issuers, _encrypt(password)
        )
        return base64.b64encode(packed).decode()

    def sign(self, claims: dict[str, Any], algorithm: str = "RS256", **header: Any) -> str:
        """A JWT."""
        return jwt.encode(claims, self.key, algorithm, headers=header)

    def fingerprint(self, algorithm: hashes.HashAlgorithm) -> str:
        """The value of x5t (SHA-1) or x5t#S256 (SHA-256)."""
        return base64.urlsafe_b64encode(self.certificate.fingerprint(algorithm)).decode().rstrip("=")


def _encrypt(password: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()


@cache
def make_identity(name: str = "application", days: int = 30, kind: str = "rsa") -> Identity:
    """A self-signed one, valid since 60 days for so many more; the same for the same arguments."""
    key = make_key(kind, name)
    return Identity(key, _issue(name, key, key, name, days))


@cache
def make_issued_identity() -> Identity:
    """One that an intermediate authority has issued, with its chain."""
    authority, key = make_key("rsa", "authority"), make_key("rsa", "issued")
    issuer = _issue("Authority", authority, authority, "Authority", 30)
    return Identity(key, _issue("issued", key, authority, "Authority", 30), (issuer,))


@cache
def make_key(kind: str, name: str) -> Key:
    """A key of RSA or of an elliptic curve; `name` tells keys apart."""
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def _issue(name: str, key: Key, signer: Key, issuer: str, days: int) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(signer, hashes.SHA256())
    )


def claim(client: str, audience: str, **changes: Any) -> dict[str, Any]:
    """The claims of an application's assertion about itself; None leaves one out."""
    now = int(datetime.now(UTC).timestamp())
    own = {"iss": client, "sub": client, "aud": audience, "jti": str(uuid.uuid4()), "nbf": now, "exp": now + 600}
    return {name: value for name, value in {**own, **changes}.items() if value is not None}


def list_lines(pem: str) -> Sequence[str]:
    """The lines of the private key in a PEM."""
    lines = pem.split("-----BEGIN CERTIFICATE")[0].splitlines()
    return [line for line in lines if line and "-----" not in line]
