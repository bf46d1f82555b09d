"""What has to be known beside the recordings to play them again: who held what, what the recorder left out."""

from typing import Any

_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"


def _network(group: str, path: str) -> str:
    return f"{_SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/{path}"


_DEPENDENT = "cli_test_delete_dependent_resources000001"
_LOCATION = {"location": "southcentralus"}
_SUBNET = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}

# Resources that were there before a sequence begins: {file: [(id, body)]}, in the order of their creation.
BEFORE: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "refused-delete-in-use": [
        (
            _network(_DEPENDENT, "virtualNetworks/cli-test-vm000002VNET"),
            _LOCATION
            | {
                "properties": _SUBNET
                | {"subnets": [{"name": "cli-test-vm000002Subnet", "properties": {"addressPrefix": "10.0.0.0/24"}}]}
            },
        ),
        (_network(_DEPENDENT, "networkSecurityGroups/cli-test-vm000002NSG"), _LOCATION | {"properties": {}}),
        (_network(_DEPENDENT, "publicIPAddresses/cli-test-vm000002PublicIP"), _LOCATION | {"properties": {}}),
        (
            _network(_DEPENDENT, "networkInterfaces/cli-test-vm000002VMNic"),
            _LOCATION
            | {
                "properties": {
                    "networkSecurityGroup": {"id": _network(_DEPENDENT, "networkSecurityGroups/cli-test-vm000002NSG")},
                    "ipConfigurations": [
                        {
                            "name": "ipconfigcli-test-vm000002",
                            "properties": {
                                "subnet": {
                                    "id": _network(
                                        _DEPENDENT,
                                        "virtualNetworks/cli-test-vm000002VNET/subnets/cli-test-vm000002Subnet",
                                    )
                                },
                                "publicIPAddress": {
                                    "id": _network(_DEPENDENT, "publicIPAddresses/cli-test-vm000002PublicIP")
                                },
                            },
                        }
                    ],
                }
            },
        ),
        (
            f"{_SUBSCRIPTION}/resourceGroups/{_DEPENDENT}/providers/Microsoft.Compute/virtualMachines/cli-test-vm000002",
            _LOCATION
            | {
                "properties": {
                    "networkProfile": {
                        "networkInterfaces": [{"id": _network(_DEPENDENT, "networkInterfaces/cli-test-vm000002VMNic")}]
                    }
                }
            },
        ),
    ],
    "resource-group-delete-blocked": [
        (
            _network("rg80174", "virtualNetworks/vnet10510"),
            {
                "location": "westus",
                "properties": _SUBNET
                | {"subnets": [{"name": "GatewaySubnet", "properties": {"addressPrefix": "10.0.0.0/24"}}]},
            },
        ),
        (
            _network("holders", "virtualNetworkGateways/vngw02803"),
            {
                "location": "westus",
                "properties": {
                    "ipConfigurations": [
                        {
                            "name": "ipcfg17584",
                            "properties": {
                                "subnet": {"id": _network("rg80174", "virtualNetworks/vnet10510/subnets/GatewaySubnet")}
                            },
                        }
                    ]
                },
            },
        ),
    ],
}

_RULE = {
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "destinationPortRange": "80",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "access": "Allow",
    "priority": 200,
    "direction": "Inbound",
}

# Bodies of requests that the recorder did not keep: what earns the recorded answer.
BODIES: dict[str, dict[str, Any]] = {
    "refused-network-validation#0.3": {"properties": {"addressPrefix": "99.0.0.0/24"}},
    "refused-network-validation#1.1": {
        "location": "westus",
        "properties": {"addressSpace": {"addressPrefixes": ["10.10.10.10"]}},
    },
    "refused-network-validation#2.1": {"properties": {"addressPrefix": "10.11.12.13/8", "nextHopType": "None"}},
    "refused-network-validation#3.1": {"properties": _RULE | {"priority": 4097}},
    "refused-network-validation#4.1": {"properties": _RULE | {"destinationPortRange": "66600"}},
    "refused-network-validation#5.1": {"properties": _RULE | {"destinationAddressPrefix": "10.0.0.0/42"}},
    "refused-network-validation#7.1": {
        "location": "westus",
        "properties": _SUBNET | {"dhcpOptions": {"dnsServers": ["not an address"]}},
    },
    "refused-network-validation#8.3": {
        "location": "westus",
        "properties": {
            "ipConfigurations": [{"name": "one", "properties": {"privateIPAddress": "10.11.12.13.14"}}],
        },
    },
    "refused-network-validation#9.1": {
        "location": "westus",
        "properties": {"dnsSettings": {"domainNameLabel": "l-a_b-1-e"}},
    },
    "deployment-refused#7.2": {
        "properties": {
            "mode": "Incremental",
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "resources": [
                    {
                        "type": "Microsoft.Storage/storageAccounts",
                        "apiVersion": "2015-06-15",
                        "name": "THIS-IS-NO-NAME",
                        "location": "westus",
                        "properties": {"accountType": "Standard_LRS"},
                    }
                ],
            },
        }
    },
}

# Refusals that hang on what lies outside of the calls (rights, quotas, load): the emulator gives them when asked to.
FAULTS: dict[str, dict[str, Any]] = {
    "deployment-refused#1.3": {"kind": "quota", "code": "InvalidParameter", "target": "imageReference"},
    "refused-by-gateway-and-throttled#1.6": {
        "kind": "error",
        "status": 403,
        "code": "LinkedAuthorizationFailed",
        "shape": "gateway",
    },
    "refused-by-gateway-and-throttled#6.6": {
        "kind": "error",
        "status": 503,
        "code": "ServerTimeout",
        "shape": "gateway",
    },
    "refused-by-gateway-and-throttled#8.103": {
        "kind": "error",
        "status": 429,
        "code": "ResourceRequestsThrottled",
        "shape": "gateway",
    },
    "refused-by-gateway-and-throttled#9.0": {"kind": "throttle"},
    "refused-by-gateway-and-throttled#11.46": {
        "kind": "error",
        "status": 429,
        "code": "NamespaceInTransition",
        "shape": "service",
    },
    "refused-compute-storage-auth#0.30": {
        "kind": "error",
        "status": 409,
        "code": "OperationNotAllowed",
        "shape": "service",
        "retryAfter": 10,
    },
}
_NEW_PRINCIPAL = {"kind": "error", "status": 400, "code": "PrincipalNotFound", "shape": "service"}
FAULTS |= {f"managed-identity#0.{number}": _NEW_PRINCIPAL for number in range(5, 9)}
FAULTS |= {f"role-assignment#0.{number}": _NEW_PRINCIPAL for number in range(5, 10)}


def _retryable(detail: str) -> dict[str, Any]:
    details = [{"code": detail, "message": "The call can be retried in 14 seconds."}]
    fault = {"kind": "error", "status": 429, "code": "RetryableError", "shape": "network"}
    return fault | {"details": details, "retryAfter": 14}


FAULTS |= {
    "refused-network-transient#0.43": _retryable("RetryableErrorDueToAnotherOperation"),
    "refused-network-transient#2.79": _retryable("ReferencedResourceNotProvisioned"),
    "refused-network-transient#3.59": _retryable("RetryableErrorDueToAnotherOperation"),
    "refused-network-transient#4.30": _retryable("RetryableErrorDueToAnotherOperation"),
    "refused-by-gateway-and-throttled#7.34": {
        "kind": "error",
        "status": 504,
        "code": "GatewayTimeout",
        "shape": "gateway",
    },
    "refused-compute-storage-auth#1.3": {
        "kind": "error",
        "status": 403,
        "code": "LinkedAuthorizationFailed",
        "shape": "gateway",
        "retryAfter": 1,
    },
    "refused-compute-storage-auth#4.39": {
        "kind": "error",
        "status": 409,
        "code": "RoleAssignmentExists",
        "shape": "service",
    },
    "deployment-refused#3.12": {
        "kind": "error",
        "status": 400,
        "code": "MarketplacePurchaseEligibilityFailed",
        "shape": "gateway",
        "details": [{"code": "BadRequest", "message": "{}"}],
    },
}

# Calls that follow the one before them while that one's operation still runs.
AT_ONCE = {"refused-network-transient#5.42", "refused-network-transient#1.24", "refused-network-transient#1.27"}


def _template(*resources: dict[str, Any], outputs: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    template: dict[str, Any] = {
        "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
    }
    if parameters:
        template["parameters"] = {name: {"type": "string", "defaultValue": value} for name, value in parameters.items()}
    template["resources"] = list(resources)
    if outputs is not None:
        template["outputs"] = outputs
    return template


_VNET = {
    "type": "Microsoft.Network/virtualNetworks",
    "apiVersion": "2020-06-01",
    "name": "VNet1",
    "location": "eastus",
    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
}
_FIRST_SUBNET = {
    "type": "Microsoft.Network/virtualNetworks/subnets",
    "apiVersion": "2020-06-01",
    "name": "VNet1/Subnet1",
    "dependsOn": ["Microsoft.Network/virtualNetworks/VNet1"],
    "properties": {"addressPrefix": "10.0.0.0/24"},
}
_SECOND_SUBNET = _FIRST_SUBNET | {
    "name": "VNet1/Subnet2",
    "dependsOn": ["Microsoft.Network/virtualNetworks/VNet1", "Microsoft.Network/virtualNetworks/VNet1/subnets/Subnet1"],
    "properties": {"addressPrefix": "10.0.1.0/24"},
}
_BAD_ACCOUNT = {
    "type": "Microsoft.Storage/storageAccounts",
    "apiVersion": "2014-12-01-preview",
    "name": "sdkdeploymenttest9748",
    "location": "West US",
    "properties": {"accountType": "Standard_LRS"},
}
_NESTED = {
    "type": "Microsoft.Resources/deployments",
    "apiVersion": "2015-01-01",
    "name": "nestedTemplate",
    "properties": {"mode": "Incremental", "template": _template(_BAD_ACCOUNT)},
}

# Templates that the recorded client named by a link, or that the recorder left out: ones that make such things.
TEMPLATES: dict[str, dict[str, Any]] = {
    "deployment-failed-operations-2016": _template(_NESTED, storageAccountName="sdkdeploymenttest9748"),
    "deployment-rg-full-headers-2021": _template(_VNET, _FIRST_SUBNET, _SECOND_SUBNET, vnetName="VNet1"),
    "deployment-failed-polling": _template(
        _VNET | {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "+"}]}}
    ),
}
