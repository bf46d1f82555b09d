"""Certificates of applications, as a deployment location has them: PEM, or PKCS#12 in base64."""

import base64
import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_WIDTH = 64
_WRONG_FORM = "must be PEM with a private key and its certificate, or PKCS#12 in base64"


@lru_cache(maxsize=256)  # to derive a key from a password takes up to a second
def read_certificate(text: str, password: str) -> str:
    """The private key, not encrypted, and the certificate with its chain, as PEM. In a PEM, line breaks may be missing,
    be blanks or be `\\n`.

    Raises ValueError with the fault, worded to follow the property's name. The message repeats no part of the text.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    content = text.encode() if "-----BEGIN" in text else _decode(text)
    is_pem = b"-----BEGIN" in content
    key, chain = (_read_pem if is_pem else _read_pkcs12)(content, password.encode() or None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("must have a private key for RSA: Entra ID takes no other")
    own = [certificate for certificate in chain if _belongs(certificate, key)]
    if not own:
        raise ValueError("must have the certificate that belongs to its private key")
    chain = [own[0], *(certificate for certificate in chain if certificate != own[0])]
    blocks = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    blocks += [certificate.public_bytes(Encoding.PEM) for certificate in chain]
    return b"".join(blocks).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_WRONG_FORM) from None


def _read_pem(content: bytes, password: bytes | None) -> tuple[Any, "list[Certificate]"]:
    from cryptography import x509

    keys: list[bytes] = []
    certificates: list[bytes] = []
    for block in _BLOCK.finditer(content.decode("utf-8", "replace")):
        found = keys if block[1].endswith("PRIVATE KEY") else certificates
        found.append(_wrap(block[1], block[2]).encode())
    if not keys or not certificates:
        raise ValueError(_WRONG_FORM)
    key = _read_key(keys[0], password)
    try:
        return key, [x509.load_pem_x509_certificate(block) for block in certificates]
    except ValueError:
        raise ValueError(_WRONG_FORM) from None


def _read_key(block: bytes, password: bytes | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(block, password)
    except TypeError:  # it is encrypted and there is no password, or the other way round
        if password is None:
            raise ValueError("has an encrypted private key: clientCertificatePassword must be given") from None
        return _read_key(block, None)
    except UnsupportedAlgorithm:
        raise ValueError(_WRONG_FORM) from None
    except ValueError:
        wrong = "is damaged, or clientCertificatePassword is not its password" if password else _WRONG_FORM
        raise ValueError(wrong) from None


def _belongs(certificate: "Certificate", key: Any) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return bool(certificate.public_key() == key.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return False


def _wrap(label: str, body: str) -> str:
    """A block of PEM with its lines. The headers of an old encrypted key need their own lines, so it is left alone."""
    if ":" not in body:
        text = "".join(body.replace("\\r", "").replace("\\n", "").split())
        body = "\n".join(["", *(text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)), ""])
    return f"-----BEGIN {label}-----{body}-----END {label}-----\n"


def _read_pkcs12(content: bytes, password: bytes | None) -> tuple[Any, "list[Certificate]"]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, further = load_key_and_certificates(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        wanted = "clientCertificatePassword is not its password" if password else "clientCertificatePassword is missing"
        raise ValueError(f"{_WRONG_FORM}; it is damaged, or {wanted}") from None
    if key is None or certificate is None:
        raise ValueError(_WRONG_FORM)
    return key, [certificate, *further]
