"""A recorded answer and the embedded Azure's: what differs that a client could notice."""

import json
from typing import Any

import requests

from tests.azure.recordings import Interaction

HEADERS = ("azure-asyncoperation", "location", "azure-asyncnotification", "etag", "x-ms-failure-cause")
_CLIENTS_OWN = {"tags", "template", "value"}  # what the client sent, or what a template made of it


def differences(recorded: Interaction, answer: requests.Response) -> list[str]:
    """Texts; none where status, polling headers, keys of the body and the error's code agree."""
    found = []
    if recorded.status != answer.status_code:
        found.append(f"status {recorded.status} recorded, {answer.status_code} answered: {answer.text[:300]}")
        return found
    names = [*HEADERS, "retry-after"] if recorded.keeps_retry_after else list(HEADERS)
    found += [
        f"header {name} {'missing' if name in recorded.headers else 'too much'}"
        for name in names
        if (name in recorded.headers) != (name in answer.headers)
    ]
    body = answer.json() if answer.content else None
    if recorded.answer is None or body is None:
        if recorded.answer != body:
            found.append(f"body {'missing' if body is None else 'too much'}")
        return found
    return found + list(_keys(recorded.answer, body, ""))


def _keys(recorded: Any, answered: Any, where: str) -> list[str]:
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return _of_objects(recorded, answered, where)
    if isinstance(recorded, list) and isinstance(answered, list):
        if recorded and not answered:
            return [f"{where}: empty"]
        return _keys(recorded[0], answered[0], f"{where}[0]") if recorded else []
    if type(recorded) is not type(answered):
        return [f"{where}: {type(recorded).__name__} recorded, {type(answered).__name__} answered"]
    if (
        where.rsplit(".", 1)[-1] in ("code", "status", "type", "statusCode", "provisioningState")
        and recorded != answered
    ):
        return [f"{where}: {recorded!r} recorded, {answered!r} answered"]
    if where.endswith(".message") and _is_json(recorded) != _is_json(answered):
        return [f"{where}: JSON text {'recorded' if _is_json(recorded) else 'answered'}"]
    return []


def _of_objects(recorded: dict[str, Any], answered: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{key} missing" for key in recorded if key not in answered]
    found += [f"{where}.{key} too much" for key in answered if key not in recorded]
    common = [key for key in recorded if key in answered]
    if where.replace(".value[0]", "").count(".") < 2 and common != [key for key in answered if key in recorded]:
        found.append(f"{where}: order {common} recorded, {[key for key in answered if key in recorded]} answered")
    for key in common:
        if key not in _CLIENTS_OWN or (isinstance(recorded[key], list) and key == "value" and not where):
            found += _keys(recorded[key], answered[key], f"{where}.{key}")
    return found


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
