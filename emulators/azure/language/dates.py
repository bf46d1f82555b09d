"""Dates as .NET's invariant culture reads and writes them, and ISO 8601 durations."""

import calendar
import re
from datetime import UTC, datetime, timedelta

from emulators.azure.language.models import TemplateError

MONTHS = tuple(calendar.month_name)
DAYS = tuple(calendar.day_name)
STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
PART = re.compile(
    r"""'(?P<quoted>[^']*)'|"(?P<double>[^"]*)"|\\(?P<escaped>.)|%?(?P<part>([dfFghHKmMstyz])\5*)|(?P<plain>.)"""
)
DURATION = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
INVARIANT = (
    *(f"{day}{time}" for day in ("%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d") for time in ("", " %H:%M", " %H:%M:%S")),
    *(f"%m/%d/%Y {time}" for time in ("%I:%M %p", "%I:%M:%S %p", "%H:%M:%S %z")),
    *("%Y-%m-%d %H:%M:%S %z", "%Y-%m", "%B %d, %Y", "%d %B %Y", "%a, %d %b %Y %H:%M:%S GMT"),
)
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$")


def parse_date(text: str) -> datetime:
    """A date with its offset, UTC where none is given; ISO 8601, also with a space, and ARM's `yyyyMMddTHHmmssZ`."""
    iso = COMPACT.sub(r"\1-\2-\3T\4:\5:\6Z", text.strip()).replace("Z", "+00:00")
    try:
        date = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", iso))
    except ValueError as error:
        found = _parse_invariant(text.strip())
        if found is None:
            raise TemplateError(f"'{text}' is not a date in ISO 8601") from error
        date = found
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _parse_invariant(text: str) -> datetime | None:
    """A date in another form that .NET's invariant culture reads."""
    for form in INVARIANT:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller takes a date without an offset as UTC
        except ValueError:
            continue
    return None


def add_duration(date: datetime, duration: str) -> datetime:
    """The date moved by an ISO 8601 duration without weeks (P1Y2M10DT2H30M); in .NET 1Y is 365 days, 1M 30."""
    match = DURATION.match(duration)
    if match is None or not any(match.groups()[1:]):
        raise TemplateError(f"'{duration}' is not an ISO 8601 duration")
    years, months, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    moved = timedelta(days=years * 365 + months * 30 + days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return date - moved if match[1] else date + moved
    except OverflowError as error:
        raise TemplateError(f"'{duration}' leads out of the calendar") from error


def format_date(date: datetime, pattern: str) -> str:
    """The date by a .NET standard or custom date format."""
    pattern = pattern or "MM/dd/yyyy HH:mm:ss zzz"
    if len(pattern) == 1:
        if pattern not in STANDARD:
            raise TemplateError(f"the date format '{pattern}' is not valid")
        pattern = STANDARD[pattern]
    return "".join(_part(date, match) for match in PART.finditer(pattern))


def _part(date: datetime, match: re.Match[str]) -> str:
    for group in ("quoted", "double", "escaped", "plain"):
        if match[group] is not None:
            return str(match[group])
    part = match["part"]
    width = len(part)
    numbers = {"H": date.hour, "h": (date.hour + 11) % 12 + 1, "m": date.minute, "s": date.second}
    if part[0] in numbers:
        return f"{numbers[part[0]]:0{min(width, 2)}d}"
    match part[0]:
        case "y":
            return f"{date.year % 100 if width < 3 else date.year:0{width}d}"
        case "M":
            return _name(MONTHS[date.month], width) or f"{date.month:0{width}d}"
        case "d":
            return _name(DAYS[date.weekday()], width) or f"{date.day:0{width}d}"
        case "f":
            return f"{date.microsecond:06d}0"[:width]
        case "F":
            return f"{date.microsecond:06d}0"[:width].rstrip("0")
        case "t":
            return ("AM" if date.hour < 12 else "PM")[:width]
    return "A.D." if part[0] == "g" else _offset(date, part)


def _name(name: str, width: int) -> str:
    return "" if width < 3 else name[:3] if width == 3 else name


def _offset(date: datetime, part: str) -> str:
    offset = date.utcoffset() or timedelta()
    minutes = abs(int(offset.total_seconds())) // 60
    sign = "-" if offset < timedelta() else "+"
    if part in ("z", "zz"):
        return f"{sign}{minutes // 60:0{len(part)}d}"
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
