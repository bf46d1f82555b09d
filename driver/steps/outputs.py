"""Outputs of a deployment, as an event reports them."""

import logging
from collections.abc import Iterable
from typing import Any

from driver.azure import deployments
from driver.azure.deployments import Deployment
from driver.models.orders import Order
from driver.redaction import shows_secret

_log = logging.getLogger("driver.lifecycle")


def read_open_outputs(order: Order, deployment: Deployment, declared: Iterable[str]) -> dict[str, Any]:
    """The outputs without those that show a secret of the order. A mask in their place would do harm: Brent puts an
    output into the property of its name, and so into the next request or into another resource.
    """
    outputs, secrets = deployments.read_outputs(deployment, declared), order.whole_secrets
    hidden = [name for name, value in outputs.items() if shows_secret(value, secrets)]
    if hidden:
        _log.warning("outputs that show a secure value are left out of the event: %s", ", ".join(hidden))
    return {name: value for name, value in outputs.items() if name not in hidden}
