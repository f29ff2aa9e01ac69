"""Diagnostic messages as Windows writes them: the Win32 error, the part that speaks, a DSID, and a NUL at the end.

Forms as in [MS-ADTS] 3.1.1.3.1.9 (extended error codes) and in the reports that people paste; the DSID says where in
lsass it was written and differs between versions.
"""

from __future__ import annotations


def service(code: int, problem: str, number: int, data: int = 0) -> bytes:
    return f"{code:08X}: SvcErr: DSID-031A1200, problem {number} ({problem}), data {data}\n\0".encode()


def update(code: int, problem: str, number: int, data: int = 0) -> bytes:
    return f"{code:08X}: UpdErr: DSID-031A11CE, problem {number} ({problem}), data {data}\n\0".encode()


def security(code: int, problem: str = "INSUFF_ACCESS_RIGHTS", number: int = 4003) -> bytes:
    return f"{code:08X}: SecErr: DSID-03150F94, problem {number} ({problem}), data 0\n\0".encode()


def name(code: int, problem: str, number: int, best_match: str, data: int = 0) -> bytes:
    return (
        f"{code:08X}: NameErr: DSID-0310028D, problem {number} ({problem}), data {data}, best match of:\n"
        f"\t'{best_match}'\n\0"
    ).encode()


def attribute(code: int, problem: str, number: int, attribute_id: int, attribute_name: str, data: int = 0) -> bytes:
    return (
        f"{code:08X}: AtrErr: DSID-03153203, #1:\n"
        f"\t0: {code:08X}: DSID-03153203, problem {number} ({problem}), data {data}, Att {attribute_id:x}"
        f" ({attribute_name})\n\0"
    ).encode()


def referral(code: int, target: str) -> bytes:
    return f"{code:08X}: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: '{target}'\n\0".encode()


def ldap(code: int, comment: str, data: str = "0") -> bytes:
    return f"{code:08X}: LdapErr: DSID-0C090A71, comment: {comment}, data {data}, v4563\0".encode()


# What several behaviours say.
LOST_BIND = ldap(
    0x4DC, "In order to perform this operation a successful bind must be completed on the connection."
)
BUSY = service(0x20EF, "BUSY", 5001)
UNAVAILABLE = service(0x20F0, "UNAVAILABLE", 5002)
ACCESS_DENIED = security(0x2098)
READ_ONLY = referral(0x202B, "dc01.contoso.com")
