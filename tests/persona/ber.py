"""The part of BER that LDAP uses (RFC 4511 section 5.1): definite lengths, one-byte tags."""

from __future__ import annotations

# Universal tags.
BOOLEAN = 0x01
INTEGER = 0x02
OCTET_STRING = 0x04
ENUMERATED = 0x0A
SEQUENCE = 0x30
SET = 0x31

_LONG_FORM = 0x80


class Malformed(Exception):
    """Bytes that are no BER, or not the BER that stands here in LDAP."""


def element(tag: int, body: bytes) -> bytes:
    """One element: tag, length and contents."""
    length = len(body)
    if length < _LONG_FORM:
        return bytes((tag, length)) + body
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(digits))) + digits + body


def octets(value: bytes | str, tag: int = OCTET_STRING) -> bytes:
    return element(tag, value.encode() if isinstance(value, str) else value)


def integer(value: int, tag: int = INTEGER) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def boolean(value: bool, tag: int = BOOLEAN) -> bytes:
    return element(tag, b"\xff" if value else b"\x00")


def to_integer(body: bytes) -> int:
    return int.from_bytes(body, "big", signed=True)


def parse(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """Tag and contents of the element at this offset, and the offset behind it."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError as error:
        raise Malformed("an element ends before its length") from error
    at += 2
    if length & _LONG_FORM:
        digits = length & ~_LONG_FORM
        length = int.from_bytes(data[at : at + digits], "big")
        at += digits
    end = at + length
    if end > len(data):
        raise Malformed(f"an element of {length} bytes ends after {len(data) - at}")
    return tag, data[at:end], end


def children(body: bytes) -> list[tuple[int, bytes]]:
    """Tag and contents of each element in a constructed one."""
    found, at = [], 0
    while at < len(body):
        tag, contents, at = parse(body, at)
        found.append((tag, contents))
    return found


def whole_length(buffer: bytes | bytearray) -> int | None:
    """How many bytes the first element takes with its header; None while the header is not there yet."""
    if len(buffer) < 2:
        return None
    length = buffer[1]
    if not length & _LONG_FORM:
        return 2 + length
    header = 2 + (length & ~_LONG_FORM)
    if len(buffer) < header:
        return None
    return header + int.from_bytes(buffer[2:header], "big")
