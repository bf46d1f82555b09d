"""What the tables of Microsoft.Network have in common: names, key orders and the answers to writes."""

from emulators.azure.providers.types import Field, Form

ORDER = ("name", "id", "etag", "type", "location", "tags", "zones", "properties", "sku")
CHILD_ORDER = ("name", "id", "etag", "properties", "type")
RULE_ORDER = ("name", "id", "etag", "type", "properties")
WEAK = 'W/"{}"'
STATE = Field("provisioningState", computed="state")
NAME = r"[A-Za-z0-9]([\w.-]{0,78}[A-Za-z0-9_])?"
NAME_TEXT = (
    "The name can be up to 80 characters long. It must begin with a word character, and it must end with a word "
    "character or with '_'. The name may contain word characters or '.', '-', '_'."
)


def create(retry_after: int | None, state: str = "Updating", share: float = 0.1) -> Form:
    """A network service's answer to a PUT of something new: Azure-AsyncOperation without Location."""
    return Form(201, state, True, False, retry_after, polling="network", share=share)


def update(retry_after: int | None, state: str = "Updating", share: float = 0.1) -> Form:
    return Form(200, state, True, False, retry_after, polling="network", share=share)


def delete(retry_after: int = 10, share: float = 0.1) -> Form:
    return Form(202, "Deleting", True, True, retry_after, body="empty", polling="network", share=share)
