"""The public cloud's addresses, as environment() of the template language and /metadata/endpoints say them."""

from pathlib import Path
from typing import Any

import yaml

PUBLIC: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
_SPELLED = (("Datalake", "DataLake"), ("keyvault", "keyVault"))  # in a suffix's name, and how endpoints spell it


def publish(url: str) -> dict[str, Any]:
    """What the embedded Azure at `url` publishes of its addresses; none leads az to a list of images elsewhere."""
    suffixes = {name: value.lstrip(".") for name, value in PUBLIC["suffixes"].items()}
    for theirs, published in _SPELLED:
        suffixes = {name.replace(theirs, published): value for name, value in suffixes.items()}
    sign_in = {"loginEndpoint": f"{url}/", "audiences": [url], "tenant": "common", "identityProvider": "AAD"}
    graph = dict.fromkeys(("graph", "graphAudience", "microsoftGraphResourceId"), url)
    own = {"name": "EmbeddedAzure", "authentication": sign_in, "resourceManager": f"{url}/"}
    known = {name: value for name, value in PUBLIC.items() if name != "vmImageAliasDoc"}
    return {**known, **graph, **own, "suffixes": suffixes}
