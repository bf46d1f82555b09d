"""The expansion of templates for a run: dependencies, bodies, nested deployments, outputs."""

import pytest

from emulators.azure.language import TemplateError, expand
from tests.azure_language.worlds import (
    GROUP,
    SUBSCRIPTION,
    World,
    context,
    expanded,
    id_of,
    nested,
    one,
    resource,
    template,
)


def test_depends_on_is_resolved_to_ids() -> None:
    expansion = expanded(
        resource("a"),
        resource("[concat('copy', copyIndex())]", copy={"name": "loop", "count": 2}),
        resource("b", dependsOn=["a", "loop", "[resourceId('Test.Provider/things', 'a')]"]),
        resource("c", dependsOn=["Test.Provider/things/b"]),
    )
    assert one(expansion, "b").depends_on == (id_of("a"), id_of("copy0"), id_of("copy1"))
    assert one(expansion, "c").depends_on == (id_of("b"),)


def test_a_reference_is_a_dependency() -> None:
    text = "[format('{0}', reference('a').x)]"
    expansion = expanded(
        resource("b", properties={"x": text}), resource("a"), resource("c", tags={"k": "[listKeys('b', '1')]"})
    )
    assert one(expansion, "b").depends_on == (id_of("a"),)
    assert one(expansion, "c").depends_on == (id_of("b"),)


def test_what_is_not_deployed_is_no_dependency() -> None:
    expansion = expanded(
        languageVersion="2.0",
        resources={
            "base": resource("base"),
            "found": resource("found", existing=True, dependsOn=["base"]),
            "off": resource("off", condition=False, dependsOn=["base"]),
            "last": resource("last", dependsOn=["found", "off"]),
        },
    )
    assert one(expansion, "found").existing
    assert one(expansion, "off").condition is False
    assert one(expansion, "last").depends_on == (id_of("base"),)


def test_serial_copies_wait_for_the_batch_before() -> None:
    loop = {"name": "loop", "count": 5, "mode": "serial", "batchSize": 2}
    expansion = expanded(resource("[string(copyIndex())]", copy=loop))
    assert [[before[-1] for before in item.depends_on] for item in expansion.resources] == [
        [], [], ["0", "1"], ["0", "1"], ["2", "3"],
    ]  # fmt: skip


def test_a_serial_copy_without_a_size_is_of_one_and_its_names_are_read_in_any_case() -> None:
    loop = {"Name": "loop", "COUNT": 2, "mode": "[toUpper('serial')]", "batchSize": None}
    expansion = expanded(resource("[string(copyIndex('loop'))]", copy=loop))
    assert [[before[-1] for before in item.depends_on] for item in expansion.resources] == [[], ["0"]]


def test_a_copy_of_nothing_may_have_what_no_other_may() -> None:
    assert expanded(resource("a", copy={"name": "c", "count": 0, "mode": "random", "batchSize": 1})).resources == ()


def test_symbolic_names_and_copies() -> None:
    expansion = expanded(
        languageVersion="2.0",
        resources={
            "all": resource("[concat('c', copyIndex())]", copy={"name": "all", "count": 2}),
            "user": resource(
                "user", properties={"x": "[map(references('all', 'full'), lambda('r', lambdaVariables('r').name))]"}
            ),
            "second": resource("second", properties={"x": "[reference('all[1]').v]"}),
        },
    )
    world = World({id_of(f"c{i}"): {"name": f"c{i}", "properties": {"v": i}} for i in range(2)})
    assert one(expansion, "c0").symbol == "all"
    assert one(expansion, "second").depends_on == (id_of("c1"),)
    assert expansion.body(one(expansion, "user"), world)["properties"] == {"x": ["c0", "c1"]}
    assert expansion.body(one(expansion, "second"), world)["properties"] == {"x": 1}


def test_a_body_is_evaluated_against_what_the_run_knows() -> None:
    properties = {
        "state": "[reference('a').state]",
        "place": "[reference(resourceId('Test.Provider/things', 'a'), '2020-01-01', 'Full').location]",
        "key": "[listKeys('a', '2021-01-01', createObject('q', 1)).keys[0]]",
    }
    expansion = expanded(
        resource("a"), resource("b", sku={"name": "S"}, comments="no part of the body", properties=properties)
    )
    world = World({id_of("a"): {"location": "here", "properties": {"state": "on"}}}, {"listKeys": {"keys": ["k"]}})
    body = expansion.body(one(expansion, "b"), world)
    assert body == {"sku": {"name": "S"}, "properties": {"state": "on", "place": "here", "key": "k"}}
    assert world.asked == [(id_of("a"), "2024-01-01", False), (id_of("a"), "2020-01-01", True)]
    assert world.listed == [(id_of("a"), "listKeys", "2021-01-01", {"q": 1})]


def test_a_resource_that_is_not_there_yet_is_a_lookup_error() -> None:
    expansion = expanded(resource("a"), resource("b", properties={"x": "[reference('a').y]"}))
    with pytest.raises(LookupError):
        expansion.body(one(expansion, "b"), World())


def test_a_missing_property_names_the_ones_that_are_there() -> None:
    expansion = expanded(resource("a"), resource("b", properties={"x": "[reference('a').nope]"}))
    with pytest.raises(TemplateError, match="property 'nope' doesn't exist, available properties are 'state, size'"):
        expansion.body(one(expansion, "b"), World({id_of("a"): {"properties": {"state": 1, "size": 2}}}))


def test_nested_deployments_take_their_parameters_from_the_run() -> None:
    inner = template(
        resource("[parameters('name')]", location="[resourceGroup().location]", tags={"by": "[deployment().name]"}),
        parameters={"name": {"type": "string"}},
        outputs={"id": {"type": "string", "value": "[resourceId('Test.Provider/things', parameters('name'))]"}},
    )
    outer = expanded(
        resource("a"),
        nested("deep", inner, parameters={"name": {"value": "[reference('a').child]"}}, resourceGroup="other"),
        resource("b", properties={"x": "[reference('deep').outputs.id.value]"}),
    )
    other = {"id": GROUP.replace("/rg", "/other"), "name": "other", "location": "northeurope"}
    deployment = one(outer, "deep")
    assert deployment.id == f"{other['id']}/providers/Microsoft.Resources/deployments/deep"
    assert deployment.depends_on == (id_of("a"),)
    world = World({id_of("a"): {"properties": {"child": "kid"}}, other["id"]: other})
    inside = outer.nested(deployment, world)
    [kid] = inside.resources
    assert kid.id == f"{other['id']}/providers/Test.Provider/things/kid"
    assert inside.context.deployment_name == "deep"
    assert inside.body(kid, world) == {"location": "northeurope", "tags": {"by": "deep"}}
    assert inside.outputs(world) == {"id": {"type": "String", "value": kid.id}}


def test_outer_evaluation_uses_the_variables_of_the_outer_template() -> None:
    inner = template(resource("[variables('v')]", tags={"later": "[[deployment().name]"}), variables={"v": "inner"})
    outer = expanded(nested("deep", inner, scope="outer"), variables={"v": "outer"})
    inside = outer.nested(outer.resources[0], World())
    assert inside.resources[0].name == "outer"
    assert inside.body(inside.resources[0], World()) == {"tags": {"later": "deep"}}


def test_outputs() -> None:
    outputs = {
        "text": {"type": "string", "value": "[reference('a').x]"},
        "secret": {"type": "secureString", "value": "hidden"},
        "off": {"type": "int", "condition": False, "value": 1},
        "loop": {"type": "array", "copy": {"count": 2, "input": "[copyIndex(1)]"}},
    }
    expansion = expanded(resource("a"), outputs=outputs)
    assert expansion.outputs(World({id_of("a"): {"properties": {"x": "y"}}})) == {
        "text": {"type": "String", "value": "y"},
        "secret": {"type": "SecureString"},
        "loop": {"type": "Array", "value": [1, 2]},
    }


def test_parameters_are_shown_with_defaults_and_without_secrets() -> None:
    declared = {
        "plain": {"type": "string", "defaultValue": "[concat(variables('v'), '-', utcNow('yyyy-MM-dd'))]"},
        "secret": {"type": "securestring", "defaultValue": "[newGuid()]"},
        "given": {"type": "int"},
    }
    expansion = expand(template(parameters=declared, variables={"v": "x"}), {"Given": {"value": 3}}, context())
    assert expansion.parameters() == {
        "plain": {"type": "String", "value": "x-2024-02-03"},
        "secret": {"type": "SecureString"},
        "given": {"type": "Int", "value": 3},
    }


def loop(name: str, inner: object) -> dict[str, object]:
    """A copy loop of a variable; a loop within it makes a property."""
    return {"name": name, "count": 1, "input": {"copy": [inner]} if isinstance(inner, dict) else inner}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (template(resource("a"), resource("A")), "defined multiple times"),
        (template(resource("a", dependsOn=["zz"])), "'zz' is not defined in the template"),
        (template(resource("a", dependsOn=["b"]), resource("b", dependsOn=["a"])), "Circular dependency"),
        (template(resource("a/b")), "incorrect segment lengths"),
        (template(resource("[reference('x').y]")), "'reference' is not expected at this location"),
        (template(resource("a", condition="[reference('x').y]")), "'reference' is not expected at this location"),
        (template(resource("a", copy={"name": "c", "count": -1})), "invalid copy count of: '-1'"),
        (template(resource("[variables('a')]"), variables={"a": "[variables('A')]"}), "cycles back to itself"),
        (template({"type": "T/x", "name": "a"}), "no 'apiVersion'"),
        (template(resource("[nope('x')]")), "function 'nope' is not valid"),
        (template(resource("[concat('x']")), "language expression"),
        (
            template(resource("a"), variables={"v": "[createObject('a', 'b').x]"}),
            "variable 'v' is not valid: The language expression property 'x' doesn't exist",
        ),
        (template(nested("d", template(), subscriptionId="nope")), "'nope' is not valid subscription identifier"),
        (template(nested("d", template(), location="westeurope")), "'location' property is not allowed for '.*/d' at"),
        (template(nested("d", template(), subscriptionId=SUBSCRIPTION)), "'location' property must be specified for"),
        (template(resource("a", copy={"name": "c", "count": 1, "mode": "random"})), "invalid copy mode 'random'"),
        (
            template(resource("a", condition=False, copy={"name": "c", "count": 2, "batchSize": 1})),
            "The template resource 'a' has an unexpected copy batch size value. The copy batch size is only supported",
        ),
        (
            template(resource("a", copy={"name": "c", "count": 2, "batchSize": True, "mode": "serial"})),
            "expression 'True' is type 'Boolean', expected type is 'Integer'",
        ),
        (template(resource("a/", type="T.P/things/kids")), "incorrect segment lengths"),
        (template(variables={"copy": [loop("v", loop("w", 1))]}), "'v' has nested copy arrays"),
        (template(variables={"v": 1, "copy": [loop("V", 1)]}), "defines multiple variables named 'V'"),
        ({**template(), "$schema": "https://example.org/other.json"}, "'\\$schema' is 'https://example.org/other.json'"),
        ({**template(), "contentVersion": 1}, "'contentVersion' is '1'"),
        ({"$schema": template()["$schema"], "contentVersion": "1.0.0.0"}, "'resources' is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_template_is_named(broken: dict[str, object], message: str) -> None:
    with pytest.raises(TemplateError, match=message) as raised:
        expand(broken, {}, context())
    assert raised.value.code == "InvalidTemplate"
    assert raised.value.message.startswith("Deployment template validation failed: '")


def test_linked_templates_are_refused_where_nothing_follows_links() -> None:
    linked = nested("link", {})
    linked["properties"] = {"mode": "Incremental", "templateLink": {"uri": "https://example.org/x.json"}}
    expansion = expanded(linked)
    with pytest.raises(TemplateError, match="'link' has no 'template', and linked ones"):
        expansion.nested(expansion.resources[0], World())


def test_scopes_of_resources() -> None:
    expansion = expanded(
        resource("a", resources=[{"type": "kids", "apiVersion": "2024-01-01", "name": "k"}]),
        resource("lock", scope="Test.Provider/things/a"),
        {"type": "Test.Provider/things/providers/locks", "apiVersion": "1", "name": "a/Microsoft.Authorization/l"},
        resource("top", scope="/"),
    )
    assert [item.id.removeprefix(GROUP) for item in expansion.resources] == [
        "/providers/Test.Provider/things/a",
        "/providers/Test.Provider/things/a/kids/k",
        "/providers/Test.Provider/things/a/providers/Test.Provider/things/lock",
        "/providers/Test.Provider/things/a/providers/Microsoft.Authorization/locks/l",
        "/providers/Test.Provider/things/top",
    ]
    assert [item.scope.removeprefix(GROUP) for item in expansion.resources[:4]] == [
        "", "", "/providers/Test.Provider/things/a", "/providers/Test.Provider/things/a",
    ]  # fmt: skip


def test_a_group_may_be_named_by_type_and_name() -> None:
    schema = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
    group = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "new", "location": "x"}
    inner = nested("d", template(), resourceGroup="new", dependsOn=["Microsoft.Resources/resourceGroups/new"])
    expansion = expand({**template(group, inner), "$schema": schema}, {}, context(resource_group=None))
    assert one(expansion, "d").depends_on == (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/new",)


def test_a_parameter_and_an_output_without_a_type_are_shown() -> None:
    expansion = expand(
        template(parameters={"p": {}}, outputs={"o": {"value": "[parameters('p')]"}}), {"p": {"value": [1]}}, context()
    )
    assert expansion.parameters() == {"p": {"value": [1]}}
    assert expansion.outputs(World()) == {"o": {"value": [1]}}


def test_type_and_name_lead_to_a_resource_of_the_same_group() -> None:
    expansion = expanded(resource("a", properties={"x": "[reference('Test.Provider/things/b', '2020-01-01').y]"}))
    world = World({id_of("b"): {"properties": {"y": "z"}}})
    assert expansion.body(one(expansion, "a"), world)["properties"] == {"x": "z"}
