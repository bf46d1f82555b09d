"""ARM's rules for the names of resources, as data (source: "Naming rules and restrictions for Azure resources",
learn.microsoft.com).

A template parameter whose metadata says `nameOf: <ARM type>` is checked here before anything is sent.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    text: str


def _make_rule(pattern: str, text: str) -> Rule:
    return Rule(re.compile(pattern, re.ASCII), text)


_NETWORK = _make_rule(
    r"[A-Za-z0-9]([\w.-]{0,78}[A-Za-z0-9_])?",
    "1 to 80 letters, digits, underscores, periods and hyphens, starting with a letter or digit"
    " and ending with a letter, digit or underscore",
)

RULES: dict[str, Rule] = {
    "microsoft.resources/resourcegroups": Rule(
        re.compile(r"[-\w.()]{0,89}[-\w()]"),
        "1 to 90 letters, digits, underscores, hyphens, parentheses and periods, not ending with a period",
    ),
    "microsoft.resources/deployments": _make_rule(
        r"[-\w.]{1,64}", "1 to 64 letters, digits, underscores, hyphens and periods"
    ),
    "microsoft.network/virtualnetworks": _make_rule(
        r"[A-Za-z0-9][\w.-]{0,62}[A-Za-z0-9_]",
        "2 to 64 letters, digits, underscores, periods and hyphens, starting with a letter or digit"
        " and ending with a letter, digit or underscore",
    ),
    **{
        f"microsoft.network/{name}": _NETWORK
        for name in (
            "virtualnetworks/subnets",
            "virtualnetworks/virtualnetworkpeerings",
            "networksecuritygroups",
            "networksecuritygroups/securityrules",
            "routetables",
            "routetables/routes",
            "publicipaddresses",
            "networkinterfaces",
            "loadbalancers",
            "natgateways",
        )
    },
    "microsoft.network/privatednszones": _make_rule(
        r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?){1,33}",
        "2 to 34 labels of 1 to 63 letters, digits, underscores and hyphens, separated by periods",
    ),
    "microsoft.storage/storageaccounts": _make_rule(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits"),
    "microsoft.compute/virtualmachines": _make_rule(
        r"[A-Za-z0-9]([\w.-]{0,62}[A-Za-z0-9_])?",
        "1 to 64 letters, digits, underscores, periods and hyphens, starting with a letter or digit,"
        " not ending with a period or hyphen",
    ),
    "microsoft.compute/disks": _make_rule(r"[\w.-]{1,80}", "1 to 80 letters, digits, underscores, periods and hyphens"),
}


def find_name_fault(arm_type: str, name: str) -> str | None:
    """The fault of a name for a resource of that type, with the rule; None if the name is good or no rule is known."""
    rule = RULES.get(arm_type.lower())
    if rule is None or rule.pattern.fullmatch(name):
        return None
    return f"'{name}' is no name for {arm_type}: it takes {rule.text}"
