"""Which types show `systemData`, and since which api-version."""

from collections.abc import Mapping

# The first two and dnsResolvers as recorded; the others by their published specifications.
SINCE: Mapping[str, str] = {
    "microsoft.authorization/policyassignments": "2020-09-01",
    "microsoft.authorization/policydefinitions": "2020-09-01",
    "microsoft.authorization/policysetdefinitions": "2021-06-01",
    "microsoft.network/dnsresolvers": "2020-04-01",
    "microsoft.apimanagement/service": "2021-04-01",
    "microsoft.appconfiguration/configurationstores": "2021-03-01",
    "microsoft.cognitiveservices/accounts": "2021-04-30",
    "microsoft.keyvault/managedhsms": "2020-04-01",
    "microsoft.keyvault/vaults": "2021-04-01",
    "microsoft.resources/templatespecs": "2021-03-01",
    "microsoft.resources/templatespecs/versions": "2021-03-01",
}


def is_shown(kind: str, version: str) -> bool:
    """Whether a type shows it; an invented one (Contoso.*) does, as the contract of resource providers asks."""
    since = "" if kind.lower().startswith("contoso.") else SINCE.get(kind.lower(), "9999")
    return version >= since
