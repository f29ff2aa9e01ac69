"""Gives an object several descriptions in the controller's own database: describe.py FOLDER DN VALUE...

Windows accepts that, old tools did it, and Samba refuses it by LDAP. Past its modules it is like any other value.
Run by the Python that Samba's modules belong to.
"""

import pathlib
import sys

import ldb

FOLDER, DN, *VALUES = sys.argv[1:]

domain = DN.upper()[DN.upper().index("DC=") :]
path = pathlib.Path(FOLDER, "private/sam.ldb.d", domain + ".ldb")
with path.open("rb") as file:
    kind = "tdb" if file.read(8) == b"TDB file" else "mdb"
database = ldb.Ldb(f"{kind}://{path}")
message = ldb.Message(ldb.Dn(database, DN))
message["description"] = ldb.MessageElement(VALUES, ldb.FLAG_MOD_REPLACE, "description")
database.modify(message)
