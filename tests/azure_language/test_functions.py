"""Functions where the comparison with the engine does not reach: known values, refusals, what a run knows."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.azure.language import TemplateError, expand
from emulators.azure.language.hashes import ALPHABET, guid, unique_string
from tests.azure_language.worlds import World, context, id_of, resource, template, value


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("/subscriptions/00000000-0000-0000-0000-000000000000", "resource-id"), "cwvxuqg24sifi"),
        (("fu",), "6rkxbspxjmsho"),
        (("fubar",), "cj2xpqsiwjfne"),
        (("fu", "bar"), "q5wxoscxs5j6k"),
    ],
)
def test_unique_string_is_that_of_azure(parts: tuple[str, ...], expected: str) -> None:
    assert unique_string(*parts) == expected


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_hashes_depend_on_the_joined_parts_only(parts: list[str]) -> None:
    text = unique_string(*parts)
    assert len(text) == 13
    assert set(text) <= set(ALPHABET)
    assert text == unique_string("-".join(parts))
    assert uuid.UUID(guid(*parts)).version == 5
    assert guid(*parts) == guid("-".join(parts))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[if(equals(1, 1), 'yes', fail('not evaluated'))]", "yes"),
        ("[and(false(), fail('not evaluated'))]", False),
        ("[coalesce('first', fail('not evaluated'))]", "first"),
        ("[environment().suffixes.storage]", "core.windows.net"),
        ("[RESOURCEGROUP().Location]", "westeurope"),
        ("[pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope', 2, 1)]", ["2", "3"]),
        ("[dateTimeAdd('2024-01-31T00:00:00Z', 'P1M')]", "2024-03-01T00:00:00Z"),
        ("['it''s']", "it's"),
        ("[[no expression]", "[no expression]"),
        ("[roleDefinitions('reader').roleDefinitionId]", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ],
)
def test_values_in_a_run(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[unknown(1)]", "template function 'unknown' is not valid or not supported"),
        ("[toLogicalZone('x', 'westeurope', '1')]", "'toLogicalZone' is not supported by the embedded Azure"),
        ("[fail('stop here')]", "stop here"),
        ("[utcNow()]", "'utcNow' is not expected at this location"),
        ("[toLower(1)]", "'toLower' expects its argument 1 to be of type 'string', but it is of type 'int'"),
        ("[substring('abc', 2, 5)]", "must lie within the text of length '3'"),
        ("[split('a')]", "'split' takes 2 arguments; 1 are given"),
        ("[div(1, 0)]", "the divisor is zero"),
        ("[createArray(1)[4]]", "array index '4' is out of bounds"),
        ("[variables('none')]", "variable 'none' is not found"),
        ("[copyIndex()]", "'copyIndex' is not expected at this location"),
        ("[json('{')]", "is not JSON"),
        ("[cidrSubnet('10.0.0.0/24', 26, 4)]", "'4' is not a valid index of the subnet size '4'"),
        ("[cidrHost('fd00:aaaa::/127', 0)]", "Could not calculate the CidrHost for network 'fd00:aaaa::/127'"),
        ("[reference('nothing').x]", "reference 'nothing' is not valid"),
        ("[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v')]", "requires '2' resource name argument"),
        ("[resourceId('nope', 'g', 'T.P/things', 'x')]", "'nope' is not valid subscription identifier"),
        ("['unclosed]", "the character ''' is not expected at position '1'"),
        ("[concat('a',)]", "')' is not expected"),
        ("[if('true', 1, 2)]", "'if' expects a value of type 'bool', but it is of type 'string'"),
        ("[and(1, true())]", "'and' expects a value of type 'bool', but it is of type 'int'"),
        ("[or(true())]", "'or' takes 2 or more arguments"),
        ("[not('true')]", "'not' expects a value of type 'bool'"),
        ("[concat('a', null())]", "all arguments must be arrays, or all texts"),
        ("[join(createArray('a', null()), ',')]", "an element must be a text, an integer or a boolean"),
        ("[padLeft('a', 17)]", "the width must be 1 to 16"),
        ("[union(createArray(1))]", "it takes 2 or more arguments"),
        ("[union(createObject('a', createArray(1)), createObject('a', 'x'))]", "'array' and 'string' cannot be merged"),
        ("[createObject('a', 1, 'a', 2)]", "the name 'a' is given twice"),
        ("[tryGet(createObject('a', createArray(1)), 'a', 5)]", "has no member '5'"),
        ("[indexFromEnd(createArray(1, 2), 3)]", "the index must be 1 to 2"),
        ("[resourceId('Microsoft.Network/virtualNetworks', 'a/b')]", "exactly one multi-segmented argument"),
        (
            "[extensionResourceId('/a', 'Microsoft.Authorization/locks', 'x')]",
            "parent resource id '/a' is not a valid uri",
        ),
        ("[dateTimeAdd('2024-01-01', 'p1d')]", "'p1d' is not an ISO 8601 duration"),
        ("[map(createArray(1), lambda('a', 'b', 'c', 1))]", "its lambda must have 1 to 2 variables, it has 3"),
        ("[lambda('x', 1)]", "'lambda' is not expected at this location"),
        ("[9223372036854775808]", "cannot be converted to a number"),
        ("[roleDefinitions('No Such Role')]", "knows no built-in role 'No Such Role'"),
        ("[getRoleAssignmentName(createObject('scope', '/'))]", "its argument has no text 'principalId'"),
        (
            "[getRoleAssignmentName(createObject('scope', '/a/', 'principalId', 'x', 'roleDefinitionId', 'y'))]",
            "the 'scope' of its argument must be a valid Azure resource scope",
        ),
    ],
)
def test_refusals_name_the_place_and_the_reason(expression: str, message: str) -> None:
    with pytest.raises(TemplateError) as raised:
        value(expression)
    assert message in raised.value.message
    assert id_of("probe") in raised.value.message


def test_lists_are_asked_of_the_runtime() -> None:
    world = World(lists={"listSecrets": {"value": [1]}})
    assert value(f"[listSecrets('{id_of('x')}', '2024-01-01').value]", world) == [1]
    assert world.listed == [(id_of("x"), "listSecrets", "2024-01-01", None)]


def test_user_defined_functions_check_their_arguments() -> None:
    functions = [
        {
            "namespace": "my",
            "members": {
                "twice": {
                    "parameters": [{"name": "text", "type": "string"}],
                    "output": {"type": "string", "value": "[concat(parameters('text'), parameters('text'))]"},
                }
            },
        }
    ]
    assert value("[my.twice('ab')]", functions=functions) == "abab"
    with pytest.raises(TemplateError, match=r"'text' parameter of the user-defined function 'my.twice' is not valid"):
        value("[my.twice(1)]", functions=functions)


def test_moments_and_guids_are_of_the_deployment() -> None:
    defaults = {"now": "[utcNow()]", "day": "[utcNow('d MMM yyyy')]", "id": "[newGuid()]"}
    declared = {name: {"type": "string", "defaultValue": default} for name, default in defaults.items()}
    shown = expand(template(resource("a"), parameters=declared), {}, context()).parameters()
    assert {name: item["value"] for name, item in shown.items()} == {
        "now": "20240203T040506Z",
        "day": "3 Feb 2024",
        "id": "99999999-9999-9999-9999-999999999999",
    }
