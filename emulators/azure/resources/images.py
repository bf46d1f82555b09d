"""What a region offers of images for virtual machines: providers/images.yaml, read as Microsoft.Compute lists it."""

import re
from pathlib import Path
from typing import Any

import yaml

from emulators.azure import providers
from emulators.azure.wire.errors import Refusal
from emulators.azure.wire.messages import Request, Response

_IMAGES: dict[str, Any] = yaml.safe_load(Path(providers.__file__).with_name("images.yaml").read_text())
_PATH = re.compile(
    r"/subscriptions/[^/]+/providers/microsoft\.compute/locations/([^/]+)/publishers"
    r"(?:/([^/]+)/artifacttypes/vmimage/offers(?:/([^/]+)/skus(?:/([^/]+)/versions(?:/([^/]+))?)?)?)?",
    re.IGNORECASE,
)
_VERSION = "1.0.20250101"


def find(request: Request) -> Response | None:
    """The list of publishers, offers, skus or versions that a path asks for, or an image; None for any other path."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    location, *asked = match.groups()
    held: Any = _IMAGES
    for name in filter(None, asked):
        held = {_VERSION: held} if isinstance(held, str) else held
        held = next((part for key, part in held.items() if key.lower() == name.lower()), None)
        if held is None:
            raise Refusal(404, "NotFound", "Artifact: VMImage was not found.", "service")
    image = {"location": location, "name": _VERSION, "id": request.path}
    if asked[-1]:
        system = "Windows" if "windows" in request.path.lower() else "Linux"
        disk = {"operatingSystem": system, "sizeInGb": 127 if system == "Windows" else 30}
        shown = {"hyperVGeneration": held, "architecture": "x64", "osDiskImage": disk, "dataDiskImages": []}
        return Response(200, {**image, "properties": shown})
    names = [_VERSION] if isinstance(held, str) else list(held)
    return Response(200, [{**image, "name": name, "id": f"{request.path}/{name}"} for name in names])
