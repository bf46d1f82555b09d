"""Date functions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.azure.language.dates import add_duration, format_date, parse_date
from emulators.azure.language.expressions import Call, Literal
from emulators.azure.language.functions_logic import Evaluate, Scoped, take
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual
from emulators.azure.language.scopes import Scope
from emulators.azure.language.signatures import Function

COMPACT = "yyyyMMddTHHmmssZ"
ISO = "yyyy-MM-ddTHH:mm:ssZ"


def _add(base: str, duration: str, pattern: str = ISO) -> str:
    return format_date(add_duration(parse_date(base), duration), pattern)


def _from_epoch(seconds: int) -> str:
    try:
        return format_date(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), ISO)
    except OverflowError as error:
        raise TemplateError(f"'{seconds}' seconds lead out of the calendar") from error


def _to_epoch(text: str) -> int:
    return int(parse_date(text).timestamp())


def only_in_defaults(call: Call, scope: Scope) -> None:
    """Raise TemplateError unless the call is (part of) a parameter's default value."""
    if not scope.is_default_value:
        raise TemplateError(
            f"The template function '{call.name}' is not expected at this location. The function can only be used with "
            "parameter default value expresions. Please see https://aka.ms/arm-functions for usage details."
        )


def _utc_now(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    only_in_defaults(call, scope)
    arguments = take(call, scope, evaluate, 0, 1)
    pattern = arguments[0] if arguments else COMPACT
    if not isinstance(pattern, str):
        raise TemplateError("The template function 'utcNow' expects a format of type 'string'.")
    if scope.context.now is None:
        return Residual(Call(call.name, tuple(map(Literal, arguments))))
    return format_date(scope.context.now.astimezone(UTC), pattern)


SCOPED: dict[str, Scoped] = {"utcnow": _utc_now}

TABLE = {
    "datetimeadd": Function(_add, "string string string?"),
    "datetimefromepoch": Function(_from_epoch, "int"),
    "datetimetoepoch": Function(_to_epoch, "string"),
}
