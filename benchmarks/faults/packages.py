"""Resource packages for the runs."""

import json
import random

from benchmarks.memory import pack

_GROUP = "{{ resourcegroup_name }}"
_MANIFEST = {"version": 1, "resourceGroup": _GROUP, "transitions": {"Create": {"deploy": "main.json"}}}


def build_large_output(size: int) -> str:
    """Driver files that make a network, with an output of that many bytes that no compression makes smaller."""
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"vnet_name": {"type": "string"}, "vnet_location": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.Network/virtualNetworks",
                "apiVersion": "2024-05-01",
                "name": "[parameters('vnet_name')]",
                "location": "[parameters('vnet_location')]",
                "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
            }
        ],
        "outputs": {"noise": {"type": "string", "value": random.Random(0).randbytes(size).hex()}},
    }
    return pack({"lifecycle.yaml": json.dumps(_MANIFEST), "main.json": json.dumps(template)})
