"""Which outputs show a secure value: only the part that an output takes counts, and a secret goes through modules."""

from typing import Any

import pytest

from driver.packages.disclosures import find_disclosures
from driver.packages.templates import read_template

HEAD = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}
USER = {"type": "object", "properties": {"name": {"type": "string"}, "password": {"type": "securestring"}}}
OPTION = {
    "type": "object",
    "discriminator": {
        "propertyName": "kind",
        "mapping": {
            "open": {"type": "object", "properties": {"kind": {"type": "string"}}},
            "key": {"type": "object", "properties": {"kind": {"type": "string"}, "key": {"type": "securestring"}}},
        },
    },
}
PARAMETERS = {
    "vault_name": {"type": "string"},
    "password": {"type": "securestring"},
    "config": {"$ref": "#/definitions/user"},
    "users": {"type": "array", "items": {"$ref": "#/definitions/user"}},
    "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"$ref": "#/definitions/user"}]},
    "by_name": {"type": "object", "additionalProperties": {"$ref": "#/definitions/user"}},
    "options": {"type": "array", "items": OPTION},
}
COPY = "[parameters('users')[copyIndex('%s')].%s]"
VARIABLES = {
    "copy": [
        {"name": "names", "count": "[length(parameters('users'))]", "input": COPY % ("names", "name")},
        {
            "name": "logins",
            "count": "[length(parameters('users'))]",
            "input": {"n": COPY % ("logins", "name"), "p": COPY % ("logins", "password")},
        },
    ],
    "settings": {
        "name": "[parameters('vault_name')]",
        "password": "[parameters('password')]",
        "copy": [{"name": "keys", "count": 2, "input": "[parameters('users')[copyIndex('keys')].password]"}],
    },
    "list": [{"name": "[parameters('vault_name')]", "password": "[parameters('password')]"}],
    "other": "[variables('settings')]",
}
MADE = "createObject('name', parameters('vault_name'), 'password', parameters('password'))"
SORTED = "sort(parameters('users'), lambda('a', 'b', less(lambdaVariables('a').name, lambdaVariables('b').name)))"
FILTERED = "filter(parameters('users'), lambda('u', empty(lambdaVariables('u').password)))"
NESTED = "map(parameters('users'), lambda('u', map(createArray(lambdaVariables('u')), lambda('v', %s))))"
PARTS = [  # an expression that has secure values in it, a part that is not secure and one that is
    ("variables('settings')%s", ".name", ".password"),
    ("variables('settings')%s", "['Name']", "['Password']"),
    ("variables('settings')%s", ".name", ""),
    ("variables('settings')%s", ".name", ".keys"),
    ("variables('settings')%s", ".name", ".keys[0]"),
    ("variables('settings')%s", ".name", "[parameters('vault_name')]"),
    ("variables('other')%s", ".name", ".password"),
    ("variables('list')[0]%s", ".name", ".password"),
    ("variables('logins')[1]%s", ".n", ".p"),
    ("variables('%s')", "names", "logins"),
    ("coalesce(tryGet(parameters('config'), '%s'), 'none')", "name", "password"),
    ("tryGet(tryGet(parameters('users'), 0), '%s')", "name", "password"),
    ("tryGet(parameters('users'), 0, '%s')", "name", "password"),
    ("parameters('users')[0]%s", ".name", ".password"),
    ("parameters('users')[0]%s", ".name", ""),
    ("parameters('users')%s", "[0].name", ""),
    ("parameters('users')[sub(length(parameters('users')), 1)]%s", ".name", ".password"),
    ("parameters('pair')%s", "[0]", "[1]"),
    ("parameters('pair')[1]%s", ".name", ".password"),
    ("parameters('by_name').x%s", ".name", ".password"),
    ("parameters('options')[0]%s", ".kind", ".key"),
    ("first(parameters('users')).%s", "name", "password"),
    (f"last({SORTED}).%s", "name", "password"),
    ("indexFromEnd(parameters('users'), 1).%s", "name", "password"),
    ("map(parameters('users'), lambda('u', lambdaVariables('u')%s))", ".name", ".password"),
    ("map(parameters('users'), lambda('u', lambdaVariables('u')%s))", ".name", ""),
    ("map(parameters('users'), lambda('u', 'i', toLower(lambdaVariables('U')%s)))", ".name", ".password"),
    (f"map({FILTERED}, lambda('u', lambdaVariables('u').%s))", "name", "password"),
    (NESTED, "lambdaVariables('v').name", "lambdaVariables('v').password"),
    (NESTED, "lambdaVariables('v').name", "lambdaVariables('u').password"),
    (
        "toObject(parameters('users'), lambda('u', lambdaVariables('u').name), lambda('u', lambdaVariables('u').%s))",
        "name",
        "password",
    ),
    ("map(range(0, 3), lambda('i', substring(parameters('%s'), lambdaVariables('i'), 1)))", "vault_name", "password"),
    (f"{MADE}.%s", "name", "password"),
    (f"union(variables('settings'), {MADE}).%s", "name", "password"),
    (f"shallowMerge(createArray(variables('settings'), {MADE})).%s", "name", "password"),
    ("createArray(parameters('vault_name'), parameters('password'))%s", "[0]", "[1]"),
    ("skip(createArray(parameters('vault_name'), parameters('%s')), 1)[0]", "vault_name", "password"),
    ("if(empty(parameters('password')), variables('settings').%s, '')", "name", "password"),
    ("format('{0}-{1}', parameters('users')[0].name, parameters('users')[1].%s)", "name", "password"),
    ("contoso.first(parameters('users')[0].%s)", "name", "password"),
    ("reverse(parameters('users'))[0].%s", "name", "password"),
    ("intersection(parameters('users')[0], parameters('users')[1]).%s", "name", "password"),
    ("%s(parameters('users')[0])", "objectKeys", "string"),
]


def find(body: dict[str, Any]) -> dict[str, str]:
    found = find_disclosures(read_template({**HEAD, **body}, "main.json"))
    return {one.output: one.shown for one in found}


def find_in(output: dict[str, Any]) -> list[str]:
    body = {"definitions": {"user": USER}, "parameters": PARAMETERS, "variables": VARIABLES}
    return list(find({**body, "outputs": {"o": {"type": "object", **output}}}).values())


@pytest.mark.parametrize(("expression", "part", "secret"), PARTS)
def test_only_the_part_that_an_output_takes_is_shown(expression: str, part: str, secret: str) -> None:
    assert find_in({"value": f"[{expression % part}]"}) == []
    (shown,) = find_in({"value": f"[{expression % secret}]"})
    assert shown.startswith("the secure parameter '")


@pytest.mark.parametrize(("part", "is_shown"), [(".name", False), (".password", True), ("", True)])
def test_a_loop_over_users(part: str, is_shown: bool) -> None:
    loop = {"count": "[length(parameters('users'))]", "input": {"n": f"[parameters('users')[copyIndex()]{part}]"}}
    assert find_in({"type": "array", "copy": loop}) == (["the secure parameter 'users'"] if is_shown else [])


def module(outputs: dict[str, Any], value: Any, name: str = "m", **more: Any) -> dict[str, Any]:
    """A nested deployment whose parameter `p` gets the value."""
    inner = {**HEAD, "parameters": {"p": {"type": "object"}}, **more.pop("inner", {}), "outputs": outputs}
    options = {"expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental"}
    properties = {**options, "parameters": {"p": {"value": value}}, "template": inner}
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01"}
    return {**kind, "name": name, "properties": properties, **more}


def find_through(resources: Any, value: str, kind: str = "string") -> str:
    """What an output of that value shows, if there are those resources."""
    body = {"definitions": {"user": USER}, "parameters": PARAMETERS, "variables": VARIABLES, "resources": resources}
    return find({**body, "languageVersion": "2.0", "outputs": {"leak": {"type": kind, "value": value}}}).get("leak", "")


LOOPED = "resourceId('Microsoft.Resources/deployments', format('m-{0}', range(0, 2)[1]))"
PASSED = "the secure parameter 'password', passed as the parameter 'p' of the module 'm'"


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("parameters('p')", PASSED),
        ("toLower(parameters('p'))", PASSED),
        ("substring(parameters('p'), 0, 3)", PASSED),
        ("format('user:{0}', base64(parameters('p')))", PASSED),
        ("uniqueString(parameters('p'))", ""),
        ("if(empty(parameters('p')), 'none', 'given')", ""),
        ("'parameters(p)'", ""),
    ],
)
def test_a_secret_that_goes_through_a_module(inner: str, shown: str) -> None:
    resources = {"m": module({"o": {"type": "string", "value": f"[{inner}]"}}, "[parameters('password')]")}
    assert find_through(resources, "[reference('m').outputs.o.value]") == shown
    assert find_through(resources, "[tryGet(reference('m'), 'outputs', 'o', 'value')]") == shown
    assert find_through(resources, "[reference('m').outputs]", "object") == shown
    assert find_through(resources, "[reference('m').outputs.o.type]") == ""


@pytest.mark.parametrize(
    ("value", "inner", "after", "is_shown"),
    [
        ("[variables('settings')]", "parameters('p').name", "", False),
        ("[variables('settings')]", "parameters('p').password", "", True),
        ("[variables('settings')]", "parameters('p')", ".name", False),
        ("[variables('settings')]", "parameters('p')", ".password", True),
        ("[variables('settings')]", "parameters('p')", "", True),
        ({"a": "[parameters('vault_name')]", "b": "[parameters('password')]"}, "parameters('p').a", "", False),
        ({"a": "[parameters('vault_name')]", "b": "[parameters('password')]"}, "parameters('p').b", "", True),
        ("[parameters('users')]", "map(parameters('p'), lambda('u', lambdaVariables('u').name))", "", False),
        ("[parameters('users')]", "map(parameters('p'), lambda('u', lambdaVariables('u').password))", "", True),
        ("[length(parameters('password'))]", "parameters('p')", "", False),
    ],
)
def test_a_module_shows_only_the_part_that_it_is_given(value: Any, inner: str, after: str, is_shown: bool) -> None:
    outputs = {
        "all": {"type": "object", "value": "[parameters('p')]"},
        "o": {"type": "object", "value": f"[{inner}]"},
    }
    found = find_through({"m": module(outputs, value)}, f"[reference('m').outputs.o.value{after}]", "object")
    assert bool(found) == is_shown


@pytest.mark.parametrize("inner", [{"parameters": {"p": {"type": "securestring"}}}, {}])
@pytest.mark.parametrize(
    ("symbolic", "name", "value"),
    [
        (True, "[format('m{0}', range(0, 2)[copyIndex()])]", "reference(format('m[{0}]', 0)).outputs.%s.value"),
        (True, "[format('m{0}', copyIndex())]", "map(references('m'), lambda('m', lambdaVariables('m').outputs.%s))"),
        (True, "[format('m{0}', copyIndex())]", "references('m')[1].outputs.%s.value"),
        (False, "[format('m-{0}', range(0, 2)[copyIndex()])]", f"reference({LOOPED}, '2025-04-01').outputs.%s.value"),
    ],
)
def test_loops_of_modules(inner: dict[str, Any], symbolic: bool, name: str, value: str) -> None:
    outputs = {"o": {"type": "string", "value": "[base64(parameters('p'))]"}, "n": {"type": "string", "value": "n"}}
    loop = module(outputs, "[parameters('password')]", name, copy={"name": "m", "count": 2}, inner=inner)
    resources = {"m": loop} if symbolic else [loop]
    assert "the secure parameter" in find_through(resources, f"[{value % 'o'}]", "array")
    assert find_through(resources, f"[{value % 'n'}]", "array") == ""


def test_a_secret_that_goes_through_two_modules() -> None:
    def build(value: str) -> dict[str, Any]:
        deep = module({"o": {"type": "string", "value": "[toUpper(parameters('p'))]"}}, "[parameters('p')]", "deep")
        outputs = {"o": {"type": "string", "value": "[reference('deep').outputs.o.value]"}}
        first = module(outputs, value, inner={"languageVersion": "2.0", "resources": {"deep": deep}})
        given = "[reference('m').outputs.o.value]"
        return {"m": first, "n": module({"o": {"type": "string", "value": "[parameters('p')]"}}, given, "n")}

    assert find_through(build("[parameters('password')]"), "[reference('n').outputs.o.value]")
    assert find_through(build("[parameters('vault_name')]"), "[reference('n').outputs.o.value]") == ""


def test_modules_with_the_same_template_do_not_mix() -> None:
    outputs = {"o": {"type": "string", "value": "[parameters('p')]"}}
    resources = {
        "a": module(outputs, "[parameters('vault_name')]", "b"),
        "b": module(outputs, "[parameters('password')]", "a"),
    }
    assert find_through(resources, "[reference('a').outputs.o.value]") == ""
    assert find_through(resources, "[reference('b').outputs.o.value]")


def test_each_output_of_a_module_is_read_for_itself() -> None:
    """Both show the same variable of the template around it."""
    one = {"type": "string", "value": "[parameters('p').password]"}
    resources = {"m": module({"first": one, "second": one}, "[variables('settings')]")}
    value = "[concat(empty(reference('m').outputs.first.value), reference('m').outputs.second.value)]"
    assert find_through(resources, value)
    assert find_through(resources, "[reference('m').outputs.second.value]")


@pytest.mark.parametrize(
    "value",
    [
        "[if(true(), variables('v').a.b, variables('v')[parameters('x')].c)]",
        f"[{'f(' * 3000}parameters('x'){')' * 3000}]",
        f"[variables('v'){'[first(variables(' * 50}",
        "[map(variables('v'), lambda('u', map(lambdaVariables('u'), lambda('u', lambdaVariables('u')))))]",
    ],
)
def test_expressions_that_have_no_end(value: str) -> None:
    body = {"parameters": {"x": {"type": "string"}}, "variables": {"v": value}}
    assert find({**body, "outputs": {"o": {"type": "string", "value": value}}}) == {}
