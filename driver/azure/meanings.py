"""What a refusal of ARM means: what its message says beyond its code, and what a code says that is in no table."""

import re
from http import HTTPStatus

from driver.azure.verdicts import (
    BROKEN,
    CONFLICT,
    FINAL,
    FULL,
    MISSING,
    PASSING,
    PROPAGATING,
    SCARCE,
    TAKEN,
    VERDICTS,
    WRONG,
    Cause,
    Verdict,
)

# Services make up codes of their own, out of the same words. The first that matches counts.
_FAMILIES = tuple(
    (re.compile(words), verdict)
    for words, verdict in (
        (r"throttl|toomanyrequests|(call|rate|request)limit|(server|service|too)(is)?busy", PASSING),
        (r"inprogress|being(?!referenced|used)|notprovisioned|conflicting\w*operation|whenupdatingordeleting", PASSING),
        (r"(?<!no[nt])(retryable|transient)", PASSING),
        (r"internal\w*(error|failure)|^(operation|request)time(d)?out", BROKEN),
        (r"etagmismatch|preconditionfailed|concurren|(operation|request|update|version)conflict", CONFLICT),
        (r"(authorizationfailed|forbiddenbyrbac)$", PROPAGATING),
        (r"allocationfail", SCARCE),
        (r"(length|size)\w*limit|too(long|large)|overlap|outside|reservedrange|notinsubnet", WRONG),
        (r"quota|limit(exceeded|reached)|(insufficient|notenough)\w*(address|capacity|resource|size)", FULL),
        (r"max(imum)?\w*(count|number)\w*(exceeded|reached)", FULL),
        (r"already(exists|inuse|registered|taken|used)|samename\w*exists|name(inuse|notavailable)|domaininuse", TAKEN),
        (r"(notfound|notexists?)$", MISSING),
        (r"^(invalid|malformed)(?!auth|client|subscription|tenant|token)|(invalid|notvalid|notsupported)$", WRONG),
    )
)
_LONGEST_CODE = 100
_STATUSES = {status.phrase.replace(" ", "").lower(): status.value for status in HTTPStatus}
VAGUE = {*_STATUSES, ""}  # codes that say no more than an HTTP status
_SAYS_LITTLE = VAGUE | {
    *("conflicterror", "deploymentfailed", "invalidtemplatedeployment", "operationfailed", "operationnotallowed"),
    *("requestconflict", "resourcedeploymentfailure"),
}

# What a message says counts more than its code: an expression found in it in lower case, the codes that it counts with
# in lower case (none: all), the verdict.
DENIED = "authorization failed for template resource"  # ARM's preflight: the principal may not write a resource
_DELETED = {"conflict", "conflicterror", "nameunavailable", "vaultalreadyexists"}
_WORDS = tuple(
    (re.compile(words), codes, verdict)
    for words, codes, verdict in (
        (DENIED, set[str](), PROPAGATING),
        (r"cannot acquire exclusive lock", set[str](), PASSING),
        (r"not in succeeded state\. resource is in failed state", set[str](), CONFLICT),
        (r"high demand", _SAYS_LITTLE | {"allocationfailed"}, SCARCE),
        (r"not available in the location[^.]{0,60} at this moment|no available instances", _SAYS_LITTLE, SCARCE),
        (r"insufficient capacity", _SAYS_LITTLE, SCARCE),
        (r"principal\b.{0,99} (not found|not exist) in the (\w+ )?(aad|directory|tenant)", _SAYS_LITTLE, PROPAGATING),
        (r"busy processing|because it is in (updating|deleting) state", set[str](), PASSING),
        (r"not (in (a )?)?terminal", _SAYS_LITTLE, PASSING),
        (r"rate limit of", _SAYS_LITTLE, PASSING),
        (r"\bin[ -]progress\b", _SAYS_LITTLE, PASSING),
        (r"quota|cores", {"operationnotallowed"}, FULL),
        (r"maximum number of .{0,60} allowed", _SAYS_LITTLE, FULL),
        (r"(additional|insufficient|exceed)[^.]{0,60} quota|quota (exceeded|of \d)", _SAYS_LITTLE, FULL),
        (r"currently not available in location|(choose|selecting) (a )?different region", _SAYS_LITTLE, FULL),
        (r"deleted state|soft-deleted", _DELETED, TAKEN),
        (r"\boperation\b[^.]{0,99} already exists", {"conflict"}, CONFLICT),
        (r"already exists", {"conflict"}, TAKEN),
        (r"\b(dns|name)\b[^.]{0,99} already (in use|taken)", _SAYS_LITTLE, TAKEN),
    )
)
_THROTTLED = 429
# Without an ARM error code a proxy or gateway has answered in ARM's place. It may not know yet where ARM is.
_OF_GATEWAY = {404: PROPAGATING}
_OF_STATUS = {
    **dict.fromkeys((408, 421, 425, 429, 499), PASSING),  # a gateway's, but for 408 and 429
    **dict.fromkeys((500, 502, 503, 504), BROKEN),
    **dict.fromkeys((401, 403), PROPAGATING),
    **dict.fromkeys((404, 410), MISSING),
    **dict.fromkeys((409, 412, 423), CONFLICT),
    **dict.fromkeys((400, 413, 414, 415, 422), WRONG),
}


def find_verdict(cause: Cause, status: int) -> Verdict:
    """The verdict on a refusal: by the words of its message, by its HTTP status if that is a passing error, by its
    code, by the HTTP status that its code or the code around it names, else by its status.
    """
    by_words = _find_by_words(cause)
    if by_words is not None:
        return by_words
    if _OF_STATUS.get(status) is PASSING or (status >= 500 and status != 501):
        return PASSING
    code = cause.code.lower()
    if code.startswith("http ") and status in _OF_GATEWAY:
        return _OF_GATEWAY[status]
    named = _read_status(code) or _read_status(cause.outer.lower()) or status
    return _find_by_code(code) or _OF_STATUS.get(named, FINAL)


def find_known(cause: Cause) -> Verdict | None:
    """The verdict that a cause tells without an HTTP status; None if it is not known."""
    return _find_by_words(cause) or _find_by_code(cause.code.lower())


def _find_by_words(cause: Cause) -> Verdict | None:
    code, message = cause.code.lower(), cause.message.lower()
    if _read_status(code) == _THROTTLED:  # a quota in its text is one of calls
        return None
    folded = "" if code.isdecimal() else code
    matching = (verdict for words, codes, verdict in _WORDS if (not codes or folded in codes) and words.search(message))
    return next(matching, None)


def _find_by_code(code: str) -> Verdict | None:
    if code in VERDICTS or code in VAGUE or len(code) > _LONGEST_CODE:
        return VERDICTS.get(code)
    return next((verdict for words, verdict in _FAMILIES if words.search(code)), None)


def _read_status(code: str) -> int:
    """The HTTP status that a code names, in digits or by its phrase; 0 if it names none."""
    return int(code) if len(code) == 3 and code.isdecimal() else _STATUSES.get(code, 0)
