"""Linked templates: by the id of a template spec's version, or by a URI on this machine."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from emulators.azure.language import TemplateError
from emulators.azure.language.models import Follow, Linked
from emulators.azure.wire import relaxed_json
from emulators.azure.wire.errors import unsupported
from emulators.azure.world.cloud import Cloud

SPEC = "microsoft.resources/templatespecs/versions"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SECONDS = 5


def make_follower(cloud: Cloud, base: str = "") -> Follow:
    """What follows `templateLink` objects; `base` is the URI of the template that they stand in."""
    return partial(_follow, cloud, base)


def _follow(cloud: Cloud, base: str, link: Mapping[str, Any]) -> Linked:
    """The template that a link leads to. Raises TemplateError InvalidContentLink."""
    given = {key.lower(): value for key, value in link.items()}
    if given.get("id"):
        return _find_spec(cloud, str(given["id"]))
    if given.get("relativepath") and base.startswith("/"):
        return _find_artifact(cloud, base, str(given["relativepath"]))
    uri = str(given.get("uri") or urljoin(base, str(given.get("relativepath") or "")))
    if not uri:
        raise TemplateError("The 'templateLink' has neither 'uri', 'id' nor 'relativePath'.", "InvalidTemplateLink")
    template = _download(uri)
    wanted = given.get("contentversion")
    if wanted and wanted != template.get("contentVersion"):
        raise _unread(uri, f"content version '{template.get('contentVersion')}' is not the '{wanted}' asked for")
    return Linked(template, make_follower(cloud, uri))


def _find_spec(cloud: Cloud, spec_id: str) -> Linked:
    found = cloud.state.resources.get(spec_id.lower())
    if found is None or found.type.lower() != SPEC:
        raise _unread(spec_id, "there is no version of a template spec with this id")
    return Linked(found.properties.get("mainTemplate") or {}, make_follower(cloud, found.id))


def _find_artifact(cloud: Cloud, spec_id: str, path: str) -> Linked:
    found = cloud.state.resources.get(spec_id.lower())
    for item in (found.properties.get("linkedTemplates") or []) if found is not None else []:
        if item.get("path", "").lower() == path.lower():
            return Linked(item["template"], make_follower(cloud, spec_id))
    raise _unread(path, f"the template spec {spec_id} has no linked template of this path")


def _download(uri: str) -> Mapping[str, Any]:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or parts.hostname not in _LOCAL:
        raise unsupported(f"templateLink.uri beyond this machine: {uri}")
    try:
        with urllib.request.urlopen(uri, timeout=_SECONDS) as answer:  # noqa: S310 - http on this machine
            template = relaxed_json.loads(answer.read().decode())
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise _unread(uri, str(error)) from error
    if not isinstance(template, dict):
        raise _unread(uri, f"a JSON object is expected, not {json.dumps(template)[:40]}")
    return template


def _unread(link: str, reason: str) -> TemplateError:
    text = f"Unable to download deployment content from '{link}': {reason}."
    return TemplateError(
        text + " Please see https://aka.ms/arm-template-links for usage details.", "InvalidContentLink"
    )
