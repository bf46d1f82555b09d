"""Which orchestrations a host runs: those of its own version and older ones, as `versionMatchStrategy` CurrentOrOlder
says, the extension's default.
"""

import re

_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+){1,3}")  # what .NET's System.Version reads


def is_newer(version: str | None, own: str | None) -> bool:
    """Whether an orchestration's version is newer than the host's. One that is empty is older than any; a host without
    a version runs all.
    """
    if not version or not own:
        return False
    if _NUMBERS.fullmatch(version) and _NUMBERS.fullmatch(own):
        return [*map(int, version.split("."))] > [*map(int, own.split("."))]
    return version.lower() > own.lower()
