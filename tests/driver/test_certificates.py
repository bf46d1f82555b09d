"""Certificates of deployment locations in every form, and what is said of wrong ones."""

import base64
import textwrap

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from driver.azure.certificates import read_certificate
from tests.support.certificates import Identity, list_lines, make_identity, make_issued_identity

PASSWORD = "n33dle-Passw0rd"
ONE = make_identity()
ISSUED = make_issued_identity()
FORMS = {
    "PEM": (ONE.pem(), ""),
    "PEM with a password that it does not need": (ONE.pem(), PASSWORD),
    "PEM with PKCS#1": (ONE.pem(key_format=PrivateFormat.TraditionalOpenSSL), ""),
    "PEM, encrypted": (ONE.pem(PASSWORD), PASSWORD),
    "PEM, encrypted PKCS#1": (ONE.pem(PASSWORD, PrivateFormat.TraditionalOpenSSL), PASSWORD),
    "PEM, certificate first": (ONE.public + ONE.pem().split("-----BEGIN CERTIFICATE")[0], ""),
    "PEM in one line, with blanks": (" ".join(ONE.pem().split("\n")), ""),
    "PEM in one line, without": ("".join(ONE.pem().split("\n")), ""),
    "PEM in one line, with \\n": ("\\n".join(ONE.pem().split("\n")), ""),
    "PEM with CRLF": ("\r\n".join(ONE.pem().split("\n")), ""),
    "PEM, encrypted, in one line": (" ".join(ONE.pem(PASSWORD).split("\n")), PASSWORD),
    "PEM in base64": (base64.b64encode(ONE.pem().encode()).decode(), ""),
    "PKCS#12": (ONE.pkcs12(), ""),
    "PKCS#12 with a password": (ONE.pkcs12(PASSWORD), PASSWORD),
    "PKCS#12 in lines": (textwrap.fill(ONE.pkcs12(PASSWORD), 76), PASSWORD),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_key_and_certificate(name: str) -> None:
    assert read_certificate(*FORMS[name]) == ONE.canonical


@pytest.mark.parametrize("text", [ISSUED.pem(), ISSUED.pkcs12()], ids=["PEM", "PKCS#12"])
def test_the_chain_is_kept(text: str) -> None:
    assert read_certificate(text, "") == ISSUED.canonical


def test_the_certificate_of_the_key_comes_first() -> None:
    key, own, issuer = ("-----BEGIN" + part for part in ISSUED.pem().split("-----BEGIN")[1:])
    assert read_certificate(key + issuer + own, "") == ISSUED.canonical


def pem_of(key: Identity, certificate: Identity) -> str:
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *list_lines(key.pem()), "-----END PRIVATE KEY-----"]) + (
        "\n" + certificate.public
    )


@pytest.mark.parametrize(
    ("text", "password", "said"),
    [
        ("certificate", "", "must be PEM with a private key and its certificate, or PKCS#12 in base64"),
        ("Zm9v", "", "clientCertificatePassword is missing"),
        (ONE.public, "", "must be PEM with a private key and its certificate"),
        (ONE.pem().split("-----BEGIN CERTIFICATE")[0], "", "must be PEM with a private key and its certificate"),
        (ONE.pem().replace("MII", "AAA"), "", "must be PEM with a private key and its certificate"),
        (ONE.pem(PASSWORD), "", "clientCertificatePassword must be given"),
        (ONE.pem(PASSWORD), "another", "clientCertificatePassword is not its password"),
        (ONE.pkcs12(PASSWORD), "", "clientCertificatePassword is missing"),
        (ONE.pkcs12(PASSWORD), "another", "clientCertificatePassword is not its password"),
        (make_identity(kind="ec").pem(), "", "must have a private key for RSA"),
        (make_identity(kind="ec").pkcs12(), "", "must have a private key for RSA"),
        (pem_of(ONE, make_identity("another")), "", "must have the certificate that belongs to its private key"),
    ],
)
def test_what_is_wrong_is_said_without_any_part_of_it(text: str, password: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read_certificate(text, password)
    assert not password or password not in str(caught.value)
    assert caught.value.__cause__ is None
    for line in text.splitlines():
        assert len(line) < 12 or line not in str(caught.value)
