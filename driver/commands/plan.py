"""The command `plan`: what a transition would change in Azure, by ARM's what-if."""

import argparse
import time
from collections.abc import Iterator

from driver.azure import deployments, operations
from driver.commands.files import read_deployment_location
from driver.commands.projects import build_order, read_both_properties, read_project
from driver.errors import InvalidRequest
from driver.models.orders import Deploy
from driver.packages.catalogue import find_template


def describe_changes(options: argparse.Namespace) -> Iterator[str]:
    """Lines that say what a transition would change. Raises InvalidRequest naming every fault, Refusal if Azure refuses
    the what-if.
    """
    package = read_project(options.folder).package
    location = read_deployment_location(options.deployment_location)
    order = build_order(package, options.transition, read_both_properties(options), location)
    if not isinstance(order.work, Deploy):
        raise InvalidRequest(f"{options.transition} deploys nothing, there is no change to show")
    operation = deployments.start_what_if(order.location, order.work, find_template(order.work).body)
    begun_at = time.monotonic()
    while not operation.is_over:
        time.sleep(operations.POLLS.compute_seconds(time.monotonic() - begun_at, operation.retry_after))
        operation = operations.poll(order.location, operation.url)
    for change in operation.body.get("properties", {}).get("changes", ()):
        yield f"{change['changeType']:<12} {change['resourceId']}"
