"""Texts of an order that are secret though no secure parameter has them as its value."""

import json
from typing import Any

import pytest

from driver.models.orders import Order
from driver.packages.catalogue import find_package
from driver.plans import plan
from driver.redaction import hide_secrets, shows_secret
from tests.driver.test_binding import ADMIN, PEM, PUBLIC
from tests.support.driver_files import zipped
from tests.support.requests import LOCATION, SETTINGS, body, lifecycle_request

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SECRET = "third-Secret-99"
OTHER = "fourth-Secret-98"
KEY = {"type": "key", "keyName": "k", "publicKey": PUBLIC, "privateKey": PEM}
VNET_ID = "/subscriptions/s/resourceGroups/rg-2/providers/Microsoft.Network/virtualNetworks/vnet-9"
SECURE = {"type": "securestring"}
LOGIN = {"type": "object", "properties": {"name": {"type": "string"}, "pw": SECURE}}
PLAIN = {"type": "string", "defaultValue": ""}


def build_template(**parameters: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [], "parameters": parameters}


def plan_order(template: dict[str, Any], written: dict[str, Any], **properties: Any) -> Order:
    """The order of a Create with the template, the parameters of its lifecycle.yaml, and properties."""
    manifest = {"version": 1, "resourceGroup": "{{ resourcegroup_name }}"}
    lifecycle = {**manifest, "transitions": {"Create": {"deploy": "main.json", "parameters": written}}}
    files = zipped({"main.json": json.dumps(template), "lifecycle.yaml": json.dumps(lifecycle)})
    content = body(properties={name: one for name, one in properties.items() if one is not KEY}, driverFiles=files)
    content["resourceProperties"] |= {name: one for name, one in properties.items() if one is KEY}
    request = lifecycle_request(content)
    return plan(request, find_package("", request.driver_files, SETTINGS), SETTINGS).order


def list_hidden(order: Order) -> tuple[str, ...]:
    assert order.deploy is not None
    return order.deploy.hidden


@pytest.mark.parametrize(
    ("expression", "properties", "hidden"),
    [
        ("Server=x;Pwd={{ pw }}", {"pw": SECRET}, (SECRET,)),
        ("Pwd={{ pw | upper }}", {"pw": SECRET}, (SECRET,)),
        ("Pwd={{ request_properties.none | default(pw) }}", {"pw": SECRET}, (SECRET,)),
        ("{{ {'p': pw, 'q': 'a\"b' ~ other} | tojson }}", {"pw": SECRET, "other": OTHER}, (SECRET, OTHER)),
        (
            "{{ login.name }}:{{ login['pw'] }}",
            {"login": {"name": "user-name", "pw": SECRET, "x": OTHER}},
            ("user-name", SECRET),
        ),
        ("Pwd={{ words[1] }}", {"words": [OTHER, SECRET]}, (SECRET,)),
        ("{{ words | join(';') }}", {"words": [OTHER, SECRET]}, (OTHER, SECRET)),
        ("Pwd={{ words[which] }}", {"words": [OTHER, SECRET], "which": 1}, (SECRET,)),
        # The whole value is a secret anyway.
        ("{{ pw }}", {"pw": SECRET}, ()),
        # What is short, or a short number, stands in other texts by chance.
        ("{{ pw }}:{{ port }}:{{ number }}:{{ flag }}", {"pw": "x", "port": "1433", "number": 5432, "flag": True}, ()),
        ("{{ scheme }}://h?tls={{ tls }}&tier={{ tier }}", {"scheme": "https", "tls": "true", "tier": "Basic"}, ()),
        # What the template says is an ordinary word.
        ("{{ sku }}: {{ pw }}", {"sku": "standard_b1s", "pw": SECRET}, (SECRET,)),
        # What is tested is not shown.
        (
            "{{ 'premium' if kind == 'something' else 'basic' }}{{ pw | length }}",
            {"kind": "something", "pw": SECRET},
            (),
        ),
        # What is sent in clear text, too.
        (
            "{{ plain }}:{{ resourcegroup_name }}:{{ resourceName }}:{{ part }}",
            {"plain": "open to all", "part": "pen to"},
            (),
        ),
        ("{{ deployment_location.name }}{{ system_properties.resourceType }}", {}, ()),
        ("{{ where }} {{ vnet_id }}", {"where": LOCATION["properties"]["subscriptionId"], "vnet_id": VNET_ID}, ()),
    ],
)
def test_what_an_expression_puts_into_a_secure_value_is_secret(
    expression: str, properties: dict[str, Any], hidden: tuple[str, ...]
) -> None:
    sized = {**PLAIN, "allowedValues": ["Standard_B1s", ""]}
    template = build_template(conn=SECURE, plain=PLAIN, size=sized)
    order = plan_order(template, {"CONN": expression}, **properties)
    assert list_hidden(order) == hidden
    assert set(hidden) < set(order.secrets)


def test_what_it_puts_into_an_open_value_is_not() -> None:
    written = {"login": {"name": "its {{ name }}", "pw": "Pwd={{ pw }}"}, "plain": "a {{ text }}"}
    order = plan_order(
        build_template(login=LOGIN, plain=PLAIN), written, name="user-name", pw=SECRET, text="open to all"
    )
    assert list_hidden(order) == (SECRET,)


def test_a_part_of_a_secure_value_may_be_in_an_output() -> None:
    order = plan_order(
        build_template(conn=SECURE), {"conn": "Server={{ host }};Pwd={{ pw }}"}, host="db1.example.org", pw=SECRET
    )
    assert list_hidden(order) == ("db1.example.org", SECRET)
    assert not shows_secret("https://db1.example.org/", order.whole_secrets)
    assert shows_secret(f"Server=db1.example.org;Pwd={SECRET}", order.whole_secrets)


def test_the_public_half_of_a_key_is_not_secret() -> None:
    order = plan_order(
        build_template(data=SECURE), {"data": "user k: {{ admin.publicKey }} {{ pw }}"}, admin=KEY, pw=SECRET
    )
    assert list_hidden(order) == (SECRET,)


def test_a_private_key_in_a_secure_value_is_hidden_and_the_public_one_is_not() -> None:
    order = plan_order(build_template(data=SECURE), {"data": "key: {{ admin.privateKey }}"}, admin=KEY)
    one_piece = "".join(PEM.splitlines()[1:-1])
    assert list_hidden(order) == (PEM,)
    assert hide_secrets(f"{PEM} {one_piece} {json.dumps(PEM)} {PUBLIC}", order.secrets) == f'*** *** "***" {PUBLIC}'
    assert ADMIN.private_key == PEM


DEFAULTS: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ({"conn": {**SECURE, "defaultValue": SECRET}}, {}, (SECRET,)),
    ({"conn": {**SECURE, "defaultValue": SECRET}}, {"conn": OTHER}, ()),
    ({"conn": {**SECURE, "defaultValue": f"[[{SECRET}"}}, {}, (f"[{SECRET}",)),
    ({"conn": {**SECURE, "defaultValue": "[newGuid()]"}}, {}, ()),
    ({"conn": {**SECURE, "defaultValue": ""}}, {}, ()),
    ({"conn": {"type": "secureObject", "defaultValue": {"a": [SECRET, 1, None]}}}, {}, (SECRET,)),
    ({"conn": {**LOGIN, "defaultValue": {"name": "user-name", "pw": SECRET}}}, {}, (SECRET,)),
    ({"conn": {**PLAIN, "defaultValue": SECRET}}, {}, ()),
    ({"conn": {**SECURE, "defaultValue": SECRET}, "plain": PLAIN}, {"plain": SECRET}, ()),
]


@pytest.mark.parametrize(("parameters", "properties", "hidden"), DEFAULTS)
def test_a_secure_default_is_secret(
    parameters: dict[str, Any], properties: dict[str, Any], hidden: tuple[str, ...]
) -> None:
    assert list_hidden(plan_order(build_template(**parameters), {}, **properties)) == hidden


@pytest.mark.parametrize(("given", "hidden"), [({}, (SECRET,)), ({"PW": {"value": "x"}}, ())])
def test_a_secure_default_of_a_nested_template_is_secret(given: dict[str, Any], hidden: tuple[str, ...]) -> None:
    inner = build_template(pw={**SECURE, "defaultValue": SECRET})
    nested = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested"}
    properties = {"mode": "Incremental", "parameters": given, "template": inner}
    template = {**build_template(), "resources": [{**nested, "properties": properties}]}
    assert list_hidden(plan_order(template, {})) == hidden
