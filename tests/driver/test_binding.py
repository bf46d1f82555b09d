"""Where a template parameter's value comes from."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from driver.models.requests import Property
from driver.packages.binding import bind_parameters
from driver.packages.templates import Parameter
from tests.support.requests import NEEDLE

KEY = Property(type="key", key_name="k", public_key="public", private_key=NEEDLE)


def bound(
    *parameters: Parameter, explicit: Any = None, sources: Any = ({}, {}), system: Any = None, given: Any = None
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """What is bound, the references, and the faults."""
    faults: list[str] = []
    *properties, brents = (
        {name: value if isinstance(value, Property) else Property(value=value) for name, value in source.items()}
        for source in (*sources, system or {})
    )
    values, references = bind_parameters(
        parameters, explicit or {}, tuple(properties), given or {}, brents, faults, "parameters.{}".format
    )
    return values, references, faults


TEXT = Parameter("name", "string", True)


@pytest.mark.parametrize(
    ("explicit", "sources", "given", "value"),
    [
        ({"NAME": "a"}, ({"name": "b"}, {"name": "c"}), {"name": {"value": "e"}}, "a"),
        ({}, ({"Name": "b"}, {"name": "c"}), {"name": {"value": "e"}}, "b"),
        ({}, ({}, {"name": "c"}), {"name": {"value": "e"}}, "c"),
        ({}, ({}, {}), {"name": {"value": "e"}}, "e"),
        ({}, ({}, {}), {}, "d"),
        ({"name": None}, ({"name": "b"}, {}), {"name": {"value": "e"}}, "e"),
        ({}, ({"name": None}, {}), {"name": {"value": "e"}}, "e"),
        ({"name": 5}, ({}, {}), {}, "5"),
    ],
)
def test_the_order_of_the_sources(explicit: Any, sources: Any, given: Any, value: str) -> None:
    found = bound(TEXT, explicit=explicit, sources=sources, system={"Name": "d"}, given=given)
    assert found == ({"name": value}, {}, [])


def test_a_system_property_takes_the_place_of_no_default() -> None:
    mine = Parameter("resourceName", "string", False)
    assert bound(mine, system={"resourceName": "brents"}) == ({}, {}, [])
    assert bound(mine, system={"resourceName": "brents"}, explicit={"resourceName": "x"})[0] == {"resourceName": "x"}


def test_what_is_left_to_its_default_is_not_bound() -> None:
    optional = [Parameter("a", "string", False), Parameter("b", "int", False), Parameter("c", "array", False)]
    assert bound(*optional, sources=({"a": "", "b": None, "c": ""}, {})) == ({}, {}, [])


def test_a_reference_to_a_key_vault_is_kept_unless_a_property_gives_the_value() -> None:
    secret = Parameter("secret", "securestring", True)
    reference = {"keyVault": {"id": "/subscriptions/s"}, "secretName": "n"}
    given = {"secret": {"reference": reference}}
    assert bound(secret, given=given) == ({}, {"secret": reference}, [])
    assert bound(secret, given=given, sources=({"secret": "x"}, {})) == ({"secret": "x"}, {}, [])


def test_all_faults_at_once_with_type_and_choice_and_no_secret() -> None:
    _, _, faults = bound(
        Parameter("sku", "string", True, allowed=("a", "b")),
        Parameter("count", "int", True),
        Parameter("secret", "securestring", True, longest=3),
        Parameter("ssh_private", "string", True),
        sources=({"count": "many", "secret": NEEDLE, "ssh": KEY}, {}),
    )
    assert faults == [
        "property 'sku' is missing: it is required (string, one of a, b)",
        "property 'count': it takes a whole number",
        f"property 'secret': the value has {len(NEEDLE)} characters: it takes 3 at most",
        "property 'ssh_private': a private key goes only to a secure parameter (securestring)",
    ]


def test_the_halves_of_a_key() -> None:
    values, _, faults = bound(
        Parameter("ssh", "string", True),
        Parameter("ssh_public", "string", True),
        Parameter("ssh_private", "securestring", True),
        sources=({"ssh": KEY}, {}),
    )
    assert values == {"ssh": "public", "ssh_public": "public", "ssh_private": NEEDLE}
    assert faults == []


# OpenSSH's form of this key has lines that its public key has, too.
RSA = rsa.generate_private_key(65_537, 2_048)
PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
PUBLIC = RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
ADMIN = Property(type="key", key_name="k", public_key=PUBLIC, private_key=PEM)
FIELDS = {"keyName": "k", "publicKey": PUBLIC, "privateKey": PEM}
LOGIN = {"type": "object", "properties": {"privateKey": {"type": "securestring"}}}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", PEM),
        ("string", f"key is {PEM}"),
        ("string", "".join(PEM.splitlines()[1:-1])),
        ("string", PEM.splitlines()[-2]),
        ("string", json.dumps(FIELDS)),
        ("string", FIELDS),
        ("object", FIELDS),
        ("object", json.dumps({"of": [FIELDS]})),
        ("array", [PEM]),
        ("int", PEM),
    ],
    ids=["whole", "in-text", "one-line", "last-line", "json", "key", "object", "object-of-json", "array", "int"],
)
@pytest.mark.parametrize("source", [0, 1, 2])
def test_an_expression_gives_a_private_key_to_no_open_parameter(kind: str, value: Any, source: int) -> None:
    given: list[dict[str, Any]] = [{}, {}, {}]
    given[source] = {"admin": ADMIN}
    parameter = Parameter("x", kind, True, longest=4)
    values, _, faults = bound(parameter, explicit={"x": value}, sources=given[:2], system=given[2])
    assert values == {}
    assert faults == ["parameters.x: a private key goes only to a secure parameter (securestring)"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Parameter("x", "securestring", True), f"key is {PEM}"),
        (Parameter("x", "secureobject", True), FIELDS),
        (Parameter("x", "object", True, declared=LOGIN), FIELDS),
        (Parameter("x", "object", True, declared=LOGIN), json.dumps(FIELDS)),
        (Parameter("x", "string", True), PUBLIC),
        (Parameter("x", "string", True), f"{PUBLIC} none"),
        (Parameter("x", "array", True), [PUBLIC, len(PEM), "k"]),
        (Parameter("x", "string", True), "vm-notprovided-host"),
    ],
)
def test_an_expression_gives_a_secure_parameter_a_private_key_and_any_parameter_a_public_one(
    parameter: Parameter, value: Any
) -> None:
    short = Property(type="key", key_name="s", public_key="", private_key="notprovided")
    empty = Property(type="key", key_name="e")
    given = {"admin": ADMIN, "short": short, "empty": empty}
    values, _, faults = bound(parameter, explicit={"x": value}, sources=(given, {}))
    assert faults == []
    assert values == {"x": json.loads(value) if parameter.type == "object" and isinstance(value, str) else value}
