"""Settings whose value is a JSON list of objects."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel


class Entry(BaseModel):
    """An object of such a list. Names are camelCase; unknown ones are faults."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


Kind = TypeVar("Kind", bound=Entry)


def read_entries(name: str, text: str, kind: type[Kind], faults: list[str]) -> tuple[Kind, ...]:
    """The entries in the text of the setting `name`; none, with each fault named, if something in it is wrong."""
    if not text.strip():
        return ()
    try:
        adapter: TypeAdapter[tuple[Kind, ...]] = TypeAdapter(tuple[kind, ...])  # type: ignore[valid-type]
        return adapter.validate_json(text)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            message = fault["msg"].removeprefix("Value error, ")
            faults.append(f"{name}{_describe_place(fault['loc'])}: {message}")
    return ()


def _describe_place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
