#!/usr/bin/python3
"""Input for the benchmarks.

estate.py offline FOLDER N
    FOLDER/manifests and FOLDER/directory.ldif: N accounts, N groups and 10 N memberships that agree, without a
    controller. The same estate as `./dev lab load N` makes, with the attributes that ldapsearch shows of it.

estate.py creations FOLDER N OU HOST SID [DESCRIPTION]
    FOLDER/manifests and FOLDER/entries.ldif: N accounts in OU, each readable by HOST, whose SID is SID; the same
    attributes in both. With DESCRIPTION also FOLDER/changes.ldif, which sets it on each, as the manifests then say.
"""

import base64
import importlib.util
import os
import struct
import sys
import uuid

BASE = "DC=contoso,DC=com"
DOMAIN = "contoso.com"
DOMAIN_SID = "S-1-5-21-2604985887-1191686509-1872566404"
ACCOUNT_CLASSES = ["top", "person", "organizationalPerson", "user", "computer", "msDS-GroupManagedServiceAccount"]


def lab_estate():
    """tests/lab/load.py, which decides the names and who is a member of what."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab", "load.py")
    spec = importlib.util.spec_from_file_location("load", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sid_bytes(sid):
    parts = [int(part) for part in sid.split("-")[1:]]
    revision, authority, subs = parts[0], parts[1], parts[2:]
    return struct.pack("<BB", revision, len(subs)) + struct.pack(">Q", authority)[2:] + struct.pack(f"<{len(subs)}I", *subs)


def readers(sid):
    """O:BAD:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SID), self-relative ([MS-DTYP] 2.4.6)."""
    trustee = sid_bytes(sid)
    ace = struct.pack("<BBHI", 0, 0, 8 + len(trustee), 0x000F01FF) + trustee
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(ace), 1, 0) + ace
    owner = sid_bytes("S-1-5-32-544")
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 0, 0, 20 + len(owner)) + owner + acl


def record(dn, attributes):
    lines = [f"dn: {dn}"]
    for name, values in attributes:
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, bytes):
                lines.append(f"{name}:: {base64.b64encode(value).decode()}")
            else:
                lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n"


class Directory:
    """Entries as a search by `ldapsearch -LLL` with all attributes gives them."""

    def __init__(self, count):
        self.count = count
        self.estate = lab_estate()
        self.rid = 1103
        self.usn = 4200
        self.base = f"OU=Estate,{BASE}"

    def entry(self, name, parent, classes, category, more):
        dn = f"CN={name},{parent}"
        self.rid += 1
        self.usn += 1
        sid = f"{DOMAIN_SID}-{self.rid}"
        attributes = [
            ("objectClass", classes), ("cn", name), ("instanceType", "4"),
            ("whenCreated", "20260131120000.0Z"), ("whenChanged", "20260131120000.0Z"),
            ("uSNCreated", str(self.usn)), ("uSNChanged", str(self.usn)), ("name", name),
            ("objectGUID", uuid.uuid5(uuid.NAMESPACE_DNS, dn).bytes_le), ("objectSid", sid_bytes(sid)),
            ("objectCategory", f"CN={category},CN=Schema,CN=Configuration,{BASE}"), *more, ("distinguishedName", dn),
        ]
        return sid, record(dn, attributes)

    def user_attributes(self, name):
        return [
            ("userAccountControl", "4096"), ("badPwdCount", "0"), ("codePage", "0"), ("countryCode", "0"),
            ("badPasswordTime", "0"), ("lastLogoff", "0"), ("lastLogon", "0"), ("pwdLastSet", "0"),
            ("primaryGroupID", "515"), ("accountExpires", "9223372036854775807"), ("logonCount", "0"),
            ("sAMAccountName", name + "$"), ("sAMAccountType", "805306369"), ("isCriticalSystemObject", "FALSE"),
            ("dNSHostName", f"{name}.{DOMAIN}"), ("servicePrincipalName", [f"host/{name}", f"host/{name}.{DOMAIN}"]),
        ]

    def records(self):
        config = f"CN=Configuration,{BASE}"
        yield record(BASE, [("objectClass", ["top", "domain", "domainDNS"]), ("objectSid", sid_bytes(DOMAIN_SID)), ("dc", "contoso")])
        yield record(
            f"CN=5e3c4f0a-8a55-4f0e-9d3b-0f6f3a1c2b7d,CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,{config}",
            [("objectClass", ["top", "msKds-ProvRootKey"]), ("msKds-CreateTime", "132223104000000000"),
             ("msKds-UseStartTime", "132223104000000000")])
        for unit in ("", "OU=Nodes,", "OU=Groups,", "OU=Accounts,"):
            yield record(unit + self.base, [("objectClass", ["top", "organizationalUnit"])])
        estate, count = self.estate, self.count
        member_of = {}
        for number in range(1, count + 1):
            for member in estate.members_of(number, count):
                member_of.setdefault(member, []).append(f"CN={estate.group(number)},OU=Groups,{self.base}")
        for number in range(1, estate.host_count(count) + 1):
            name = estate.node(number)
            more = self.user_attributes(name) + [("memberOf", member_of.get(name, []))]
            yield self.entry(name, f"OU=Nodes,{self.base}", ACCOUNT_CLASSES[:5], "Computer", more)[1]
        for number in range(1, count + 1):
            group, name = estate.group(number), estate.account(number)
            sid, text = self.entry(group, f"OU=Groups,{self.base}", ["top", "group"], "Group", [
                ("sAMAccountName", group), ("sAMAccountType", "536870912"), ("groupType", "-2147483644"),
                ("adminDescription", estate.group_marker(number, count, self.base)),
                ("member", [f"CN={host},OU=Nodes,{self.base}" for host in estate.members_of(number, count)])])
            yield text
            more = self.user_attributes(name) + [
                ("adminDescription", estate.account_marker(number, self.base, DOMAIN)),
                ("msDS-SupportedEncryptionTypes", "24"), ("msDS-ManagedPasswordInterval", "30"),
                ("msDS-ManagedPasswordId", bytes(104)), ("msDS-GroupMSAMembership", readers(sid))]
            yield self.entry(name, f"OU=Accounts,{self.base}", ACCOUNT_CLASSES, "ms-DS-Group-Managed-Service-Account", more)[1]


def offline(folder, count):
    os.makedirs(os.path.join(folder, "manifests"), exist_ok=True)
    directory = Directory(count)
    directory.estate.write_manifests(os.path.join(folder, "manifests"), count)
    with open(os.path.join(folder, "directory.ldif"), "w") as out:
        for index, text in enumerate(directory.records()):
            out.write(("\n" if index else "") + text)


def creations(folder, count, unit, host, sid, description=None):
    os.makedirs(os.path.join(folder, "manifests"), exist_ok=True)
    descriptor = readers(sid)
    manifests = [
        "apiVersion: gmsactl/v1\nkind: Environment\nmetadata:\n  name: bench\nspec:\n"
        f"  domain: {DOMAIN}\n  owner: bench\n  accountsPath: {unit}\n"]
    entries, changes = [], []
    for number in range(1, count + 1):
        name = f"bench{number:05}"
        dn = f"CN={name},{unit}"
        text = f"  description: {description}\n" if description else ""
        manifests.append(
            f"apiVersion: gmsactl/v1\nkind: GMSA\nmetadata:\n  name: {name}\nspec:\n{text}"
            f"  principalsAllowedToRetrieveManagedPassword: [{host}]\n")
        # In the order in which gmsactl sends them.
        entries.append(record(dn, [
            ("objectClass", "msDS-GroupManagedServiceAccount"), ("sAMAccountName", name + "$"), ("userAccountControl", "4096"),
            ("msDS-ManagedPasswordInterval", "30"), ("msDS-SupportedEncryptionTypes", "24"),
            ("dNSHostName", f"{name}.{DOMAIN}"), ("servicePrincipalName", [f"host/{name}", f"host/{name}.{DOMAIN}"]),
            ("msDS-GroupMSAMembership", descriptor)]))
        changes.append(f"dn: {dn}\nchangetype: modify\nreplace: description\ndescription: {description}\n-\n")
    for name, texts, separator in (("manifests/accounts.yaml", manifests, "---\n"), ("entries.ldif", entries, "\n")):
        with open(os.path.join(folder, name), "w") as out:
            out.write(separator.join(texts))
    if description:
        with open(os.path.join(folder, "changes.ldif"), "w") as out:
            out.write("\n".join(changes))


if __name__ == "__main__":
    if sys.argv[1] == "offline":
        offline(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "creations":
        creations(sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
    else:
        sys.exit(__doc__)
