"""guid() and uniqueString(), exactly as ARM computes them."""

import uuid

NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
MASK = 0xFFFFFFFF


def guid(*parts: str) -> str:
    """A name-based (SHA-1) UUID of the parts, joined by dashes."""
    return str(uuid.uuid5(NAMESPACE, "-".join(parts)))


def unique_string(*parts: str) -> str:
    """13 characters: the 64-bit hash of the parts, joined by dashes, in base 32, highest bits first."""
    hashed = murmur64("-".join(parts).encode("utf-8"))
    text = ""
    for _ in range(13):
        text += ALPHABET[hashed >> 59]
        hashed = hashed << 5 & 0xFFFFFFFFFFFFFFFF
    return text


def murmur64(data: bytes) -> int:
    """The 64-bit MurmurHash3 (two 32-bit lanes) that ARM uses, with seed 0."""
    low = high = 0
    whole = len(data) - len(data) % 8
    for offset in range(0, whole, 8):
        low ^= _mix_low(data[offset : offset + 4])
        low = ((_rotate(low, 19) + high & MASK) * 5 + 0x561CCD1B) & MASK
        high ^= _mix_high(data[offset + 4 : offset + 8])
        high = ((_rotate(high, 13) + low & MASK) * 5 + 0x0BCAA747) & MASK
    rest = data[whole:]
    low ^= _mix_low(rest[:4]) ^ len(data)
    high ^= _mix_high(rest[4:]) ^ len(data)
    low = low + high & MASK
    high = high + low & MASK
    low, high = _finish(low), _finish(high)
    low = low + high & MASK
    high = high + low & MASK
    return high << 32 | low


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> 32 - bits) & MASK


def _mix_low(block: bytes) -> int:
    return _rotate(int.from_bytes(block, "little") * 0x239B961B & MASK, 15) * 0xAB0E9789 & MASK


def _mix_high(block: bytes) -> int:
    return _rotate(int.from_bytes(block, "little") * 0xAB0E9789 & MASK, 17) * 0x239B961B & MASK


def _finish(value: int) -> int:
    value ^= value >> 16
    value = value * 0x85EBCA6B & MASK
    value ^= value >> 13
    value = value * 0xC2B2AE35 & MASK
    return value ^ value >> 16
