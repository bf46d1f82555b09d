"""Contents of deployments: a template with its parameters is kept in the task hub once, apart from the run's order.

The order is in the history of a run as often as it has steps. A content that is large is the input of an instance of
its own instead, which ends at once. Only the steps that send the template to ARM read it from there.
"""

from collections.abc import Mapping

from driver import executions, sealing
from driver.azure import deployments
from driver.executions import Executions
from driver.models.orders import Content, Order
from driver.packages.catalogue import find_facts

ORCHESTRATOR = "keep_content"
# Characters of a content up to which it stays in the order. Azure Storage takes larger messages through a blob.
LARGEST_INLINE = 16_000
PREFIX = "content-"


class MissingContent(Exception):
    """The task hub does not have the content of a deployment."""


def split_order(order: Order, keys: tuple[str, ...]) -> tuple[Order, str]:
    """The order without the content of its deployment, and that content, sealed. If there is none, or a small one, the
    order is whole and the text empty.
    """
    deploy = order.deploy
    if deploy is None:
        return order, ""
    content = {"template": deploy.template, "parameters": deploy.parameters, "references": deploy.references}
    content_id = f"{PREFIX}{order.request_id}"
    sealed = sealing.seal(content, content_id, keys)
    if len(sealed) <= LARGEST_INLINE:
        return order, ""
    scope = deployments.build_deployment_id(order.location, deploy).scope
    kept = deploy.model_copy(
        update={
            "template": None,
            "parameters": {name: value for name, value in deploy.parameters.items() if name in deploy.secure},
            "content_id": content_id,
            "facts": find_facts(deploy, scope),
        }
    )
    return order.with_deploy(kept), sealed


def load_order(order: Order, client: Executions, keys: tuple[str, ...]) -> Order:
    """The whole order of one that was split. It blocks. Raises MissingContent, what `sealing.unseal` raises, or
    NotReady if the task hub does not answer.
    """
    deploy = order.deploy
    if deploy is None or not deploy.content_id:
        return order
    instance = executions.read_execution(client, deploy.content_id)
    kept = executions.read_json(instance["input"]) if instance else None
    if not isinstance(kept, Mapping):
        raise MissingContent(f"the task hub does not have {deploy.content_id}, the template and its parameters")
    content = Content.model_validate(sealing.unseal(kept["sealed"], deploy.content_id, keys))
    return order.with_deploy(deploy.model_copy(update={**dict(content), "content_id": ""}))
