"""A group of thousands and one of hundreds, made in one transaction on the controller's own database: make_members.py FOLDER UNIT COUNT

By LDAP it would take a minute, and removing it takes several; so it is made once and stays for as long as the lab does.
Run by the Python that Samba's modules belong to.
"""

import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

FOLDER, UNIT, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
LESS = 400


def add(database: SamDB, dn: str, object_class: str, **more: object) -> None:
    database.add({"dn": dn, "objectClass": object_class, **more})


settings = LoadParm()
settings.load(FOLDER + "/etc/smb.conf")
samdb = SamDB(url=FOLDER + "/private/sam.ldb", session_info=system_session(), lp=settings)
try:
    samdb.search(f"CN=psn-some,{UNIT}", scope=ldb.SCOPE_BASE, attrs=["cn"])
    sys.exit()
except ldb.LdbError as error:
    if error.args[0] != ldb.ERR_NO_SUCH_OBJECT:
        raise
samdb.transaction_start()
try:
    add(samdb, UNIT, "organizationalUnit")
    members = [f"CN=m{index:04d},{UNIT}" for index in range(COUNT)]
    for member in members:
        add(samdb, member, "contact")
    for name, count in (("psn-many", COUNT), ("psn-some", LESS)):
        add(samdb, f"CN={name},{UNIT}", "group", sAMAccountName=name, groupType="-2147483644", member=members[:count])
except BaseException:
    samdb.transaction_cancel()
    raise
samdb.transaction_commit()
