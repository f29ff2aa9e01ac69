"""Adds access control entries to an object, as Administrator.

grant.py SERVER DN USER ACE...: in an ACE, {sid} stands for the user and {NAME} for the GUID of that class.
"""

import re
import sys

import ldb
from samba.auth import system_session
from samba.credentials import MUST_USE_KERBEROS, Credentials
from samba.dcerpc import security
from samba.dcerpc.misc import GUID
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

server, dn, user, *aces = sys.argv[1:]
settings = LoadParm()
credentials = Credentials()
credentials.guess(settings)
credentials.set_kerberos_state(MUST_USE_KERBEROS)
samdb = SamDB(url=f"ldap://{server}", session_info=system_session(), credentials=credentials, lp=settings)
base = samdb.get_default_basedn()
schema = samdb.get_schema_basedn()
found = samdb.search(base, expression=f"(sAMAccountName={user})", attrs=["objectSid"])
sid = str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))


def replaced(match):
    name = match.group(1)
    if name == "sid":
        return sid
    found = samdb.search(schema, expression=f"(lDAPDisplayName={name})", attrs=["schemaIDGUID"])
    return str(ndr_unpack(GUID, found[0]["schemaIDGUID"][0]))


text = "".join(re.sub(r"\{([\w-]+)\}", replaced, ace) for ace in aces)
found = samdb.search(dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"])
descriptor = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
for ace in security.descriptor.from_sddl("D:" + text, security.dom_sid(samdb.get_domain_sid())).dacl.aces:
    descriptor.dacl_add(ace)
message = ldb.Message(ldb.Dn(samdb, dn))
message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
samdb.modify(message)
