"""Sealed texts as release 2.0.0 wrote them: Fernet tokens, which name no key and no request."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet


def seal_without_owner(content: Mapping[str, Any], key: str) -> str:
    return Fernet(key).encrypt(zlib.compress(json.dumps(content, separators=(",", ":")).encode())).decode("ascii")
