"""What a controller refuses to write by rules that Samba has not, and answers to writes that are lost."""

from __future__ import annotations

import windows_text as text
from behaviours import connections, refusals, writes
from checks import Applied, Case, Planned
from ldap import Op

_ADTS = "[MS-ADTS] "
_ERRORS = _ADTS + "3.1.1.3.1.9"
_SPN_TAKEN = text.attribute(0x21C7, "CONSTRAINT_ATT_TYPE", 1005, 0x90303, "servicePrincipalName")
_UPN_TAKEN = text.attribute(0x21C8, "CONSTRAINT_ATT_TYPE", 1005, 0x90290, "userPrincipalName")
NEW_GROUP = """---
apiVersion: gmsactl/v1
kind: HostGroup
metadata: {name: psn-new}
spec: {members: [HOST05]}
"""
_NEW_GROUP_ELSEWHERE = NEW_GROUP.replace("members:", 'path: "OU=nowhere,DC=contoso,DC=com", members:')
_SECOND_ACCOUNT = """---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {name: psn-second}
spec: {servicePrincipalNames: ["MSSQLSvc/psn-app.contoso.com:1433"]}
"""

WRITE_CASES = [
    Case("an SPN that the forest has already", _ERRORS + " (0x21C7)",
         lambda _: [writes.RefusedWrite(writes.writes_of("servicePrincipalName"), 19, _SPN_TAKEN)],
         Applied("exit 6, the SPN is said to be another object's", "0x21c7", "service principal name", code=6,
                 account="dnsHostName: psn-other.contoso.com")),
    Case("a UPN that the forest has already", _ERRORS + " (0x21C8)",
         lambda _: [writes.RefusedWrite(writes.writes_of("description"), 19, _UPN_TAKEN)],
         Applied("exit 4, the user principal name is named", "0x21c8", "user principal name", code=4, account="description: other")),
    Case("a member that the group's scope forbids", "[MS-SAMR] 3.1.1.8.9",
         lambda _: [writes.RefusedWrite(writes.writes_of("member"), 53, text.service(0x2144, "WILL_NOT_PERFORM", 5003))],
         Applied("exit 4, with the rule", "0x2144", code=4, hosts="members: [HOST01, HOST02, HOST03, HOST04]")),
    Case("delegation without the privilege", _ADTS + "3.1.1.5.3.1, [MS-SAMR] 3.1.1.8.10",
         lambda _: [writes.RefusedWrite(writes.delegation, 50, text.ACCESS_DENIED)],
         Applied("exit 4, the right that is missing", "0x2098", code=4, account="trustedToAuthForDelegation: true")),
    Case("an account name of more than 20 characters", "[MS-SAMR] 3.1.1.6",
         lambda _: [writes.RefusedWrite(writes.long_account_name, 53, text.service(0x523, "WILL_NOT_PERFORM", 5003))],
         Applied("19 characters and the `$` are accepted", account="allowLongName: true\n  samAccountName: psn-app-nineteen-ch"),
         may_idle=True),
    Case("a time limit for a write", _ERRORS, lambda _: [writes.RefusedWrite(writes.writes_of("description"), 3, text.service(0x2023, "ADMIN_LIMIT", 5010), None)],
         Applied("exit 4, named, with no word of a search", "timeLimitExceeded", "ran out of time", code=4, account="description: changed",
                 absent=("gave up the search",))),
    Case("busy on a write, once", _ERRORS, lambda _: [writes.RefusedWrite(writes.writes_of("description"), 51, text.BUSY, 1)],
         Applied("done", account="description: other")),
    Case("the answer to a modify lost", "observed", lambda _: [connections.LossAfter(writes.writes(Op.MODIFY))],
         Applied("done", account="description: other", absent=("nothing was written", "nothing written"))),
    Case("the answer to an add lost", "observed", lambda _: [connections.LossAfter(writes.writes(Op.ADD))],
         Applied("done", more=NEW_GROUP, absent=("nothing was written", "nothing written"))),
    Case("renaming refused", _ADTS + "3.1.1.5.4.1", lambda _: [writes.RefusedWrite(writes.writes(Op.RENAME), 50, text.ACCESS_DENIED)],
         Applied("exit 4, with the right", "0x2098", code=4, hosts="members: [HOST01, HOST02, HOST03], commonName: psn-renamed")),
    Case("Windows' own messages for refusals", _ERRORS, lambda _: [refusals.WindowsTexts()],
         Planned("a container that is not there is named", "GMSA0208", code=4, more=_NEW_GROUP_ELSEWHERE)),
    Case("more values than fit on an object", _ADTS + "3.1.1.3.4.6; observed (about 1,200)",
         lambda _: [writes.RefusedWrite(writes.writes_of("servicePrincipalName"), 11, text.service(0x2024, "ADMIN_LIMIT", 5010))],
         Applied("exit 4, the limit is named", "adminLimitExceeded", code=4, spns=["http/psn-app.contoso.com"])),
    Case("an SPN that was given up and is held for a while yet", _ADTS + "3.1.1.5.1.3, 3.1.1.5.1.6",
         lambda _: [writes.RefusedWrite(writes.adds_spn("mssqlsvc/"), 19, _SPN_TAKEN, 2)],
         Applied("waited for, done", spns=["host/psn-app", "host/psn-app.contoso.com"], more=_SECOND_ACCOUNT)),
]  # fmt: skip
