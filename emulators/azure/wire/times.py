"""Times as ARM writes them."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """`2023-12-15T09:09:19.4711204Z`: seven decimals, zeros at the end cut."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + _fraction(moment.microsecond * 10 + int(seconds * 1e7) % 10) + "Z"


def offset_time(seconds: float) -> str:
    """`2021-07-07T08:48:35.9342969+00:00`."""
    return timestamp(seconds).removesuffix("Z") + "+00:00"


def duration(seconds: float) -> str:
    """`PT15.049782S`; minutes and hours stand apart."""
    ticks = max(0, round(seconds * 1e7))
    whole, fraction = divmod(ticks, 10_000_000)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    text = "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return text + (f"{secs}{_fraction(fraction)}S" if secs or fraction or text == "PT" else "")


def american(seconds: float) -> str:
    """`1/21/2021 11:44:55 PM`, as in DeploymentActive."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _fraction(ticks: int) -> str:
    return f".{ticks:07d}".rstrip("0").rstrip(".")
