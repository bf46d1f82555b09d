"""Where a template parameter's value comes from."""

from typing import Any

import pytest

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
