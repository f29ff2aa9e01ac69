#!/usr/bin/python3
"""A big estate: N accounts, each with its group of ten hosts.

load.py directory SMB_CONF N    into the database of a stopped controller, in one transaction
load.py manifests FOLDER N      the manifests that say the same
load.py sort                    LDIF from standard input, parents before children
"""

import hashlib
import os
import sys

MEMBERS = 10
PER_FILE = 500


def host_count(count):
    return max(100, count // 5)


def node(number):
    return f"node{number:05}"


def account(number):
    return f"svc{number:05}"


def group(number):
    return account(number) + "-hosts"


def members_of(number, count):
    """Ten neighbouring hosts, a different ten for the next account; every host is in about as many groups."""
    hosts = host_count(count)
    return [node((number * MEMBERS + offset) % hosts + 1) for offset in range(MEMBERS)]


def applied(value):
    """The hash of a value in a marker, as engine/plan/field.cpp makes it."""
    if isinstance(value, bool):
        text = f"b{int(value)}"
    elif isinstance(value, int):
        text = f"i{value}"
    elif isinstance(value, list):
        text = "l" + "".join(f"{len(each)}:{each}" for each in sorted({each.lower() for each in value}))
    else:
        text = "s" + value
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def marker(address, fields):
    """What gmsactl writes into adminDescription when it applies these values (docs/ownership.md)."""
    hashes = ",".join(f"{field}:{applied(fields[field])}" for field in sorted(fields))
    return f"gmsactl/1 o=bench e=bench n={address} g=1 p=0 f={hashes}"


def group_marker(number, count, base):
    name = group(number)
    return marker(f"HostGroup/{name}", {
        "samAccountName": name, "commonName": name, "path": f"OU=Groups,{base}".lower(), "scope": "DomainLocal",
        "members": [host + "$" for host in members_of(number, count)]})


def account_marker(number, base, domain):
    name = account(number)
    return marker(f"GMSA/{name}", {
        "samAccountName": name, "name": name, "path": f"OU=Accounts,{base}".lower(), "dnsHostName": f"{name}.{domain}",
        "servicePrincipalNames": [f"host/{name}", f"host/{name}.{domain}"],
        "principalsAllowedToRetrieveManagedPassword": [group(number)], "managedPasswordIntervalInDays": 30,
        "kerberosEncryptionTypes": ["AES128", "AES256"], "enabled": True})


def load_directory(smb_conf, count):
    from samba import param
    from samba.auth import system_session
    from samba.dcerpc import security
    from samba.ndr import ndr_pack, ndr_unpack
    from samba.samdb import SamDB

    lp = param.LoadParm()
    lp.load(smb_conf)
    samdb = SamDB(url=os.path.join(lp.get("private dir"), "sam.ldb"), session_info=system_session(), lp=lp)
    base = f"OU=Estate,{samdb.domain_dn()}"
    domain = lp.get("realm").lower()
    domain_sid = security.dom_sid(samdb.get_domain_sid())

    samdb.transaction_start()
    try:
        samdb.add({"dn": base, "objectClass": "organizationalUnit"})
        for name in ("Accounts", "Groups", "Nodes"):
            samdb.add({"dn": f"OU={name},{base}", "objectClass": "organizationalUnit"})
        for number in range(1, host_count(count) + 1):
            name = node(number)
            samdb.add({
                "dn": f"CN={name},OU=Nodes,{base}",
                "objectClass": "computer",
                "sAMAccountName": name + "$",
                "userAccountControl": "4096",
                "dNSHostName": f"{name}.{domain}",
                "servicePrincipalName": [f"host/{name}", f"host/{name}.{domain}"],
            })
        for number in range(1, count + 1):
            samdb.add({
                "dn": f"CN={group(number)},OU=Groups,{base}",
                "objectClass": "group",
                "sAMAccountName": group(number),
                "groupType": "-2147483644",
                "adminDescription": group_marker(number, count, base),
                "member": [f"CN={name},OU=Nodes,{base}" for name in members_of(number, count)],
            })
        found = samdb.search(f"OU=Groups,{base}", expression="(objectClass=group)", attrs=["cn", "objectSid"])
        sids = {str(entry["cn"][0]): str(ndr_unpack(security.dom_sid, entry["objectSid"][0])) for entry in found}
        for number in range(1, count + 1):
            name = account(number)
            sddl = f"O:BAD:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;{sids[group(number)]})"
            samdb.add({
                "dn": f"CN={name},OU=Accounts,{base}",
                "objectClass": "msDS-GroupManagedServiceAccount",
                "sAMAccountName": name + "$",
                "userAccountControl": "4096",
                "dNSHostName": f"{name}.{domain}",
                "servicePrincipalName": [f"host/{name}", f"host/{name}.{domain}"],
                "adminDescription": account_marker(number, base, domain),
                "msDS-ManagedPasswordInterval": "30",
                "msDS-SupportedEncryptionTypes": "24",
                "msDS-GroupMSAMembership": ndr_pack(security.descriptor.from_sddl(sddl, domain_sid)),
            })
    except BaseException:
        samdb.transaction_cancel()
        raise
    samdb.transaction_commit()


def write_manifests(folder, count):
    base = "OU=Estate,DC=contoso,DC=com"
    with open(os.path.join(folder, "environment.yaml"), "w") as out:
        out.write(
            "apiVersion: gmsactl/v1\nkind: Environment\nmetadata:\n  name: bench\nspec:\n"
            f"  domain: contoso.com\n  owner: bench\n  accountsPath: OU=Accounts,{base}\n"
            f"  hostGroupsPath: OU=Groups,{base}\n")
    for first in range(1, count + 1, PER_FILE):
        numbers = range(first, min(first + PER_FILE, count + 1))
        with open(os.path.join(folder, f"estate-{first:05}.yaml"), "w") as out:
            out.write("---\n".join(manifest(number, count, base) for number in numbers))


def manifest(number, count, base):
    return (
        f"apiVersion: gmsactl/v1\nkind: HostGroup\nmetadata:\n  name: {group(number)}\nspec:\n"
        f"  path: OU=Groups,{base}\n  scope: DomainLocal\n"
        f"  members: [{', '.join(members_of(number, count))}]\n"
        f"---\napiVersion: gmsactl/v1\nkind: GMSA\nmetadata:\n  name: {account(number)}\nspec:\n"
        f"  principalsAllowedToRetrieveManagedPassword:\n    - hostGroup: {group(number)}\n")


def sort_ldif():
    records = {}
    for record in sys.stdin.read().split("\n\n"):
        lines = [line for line in record.split("\n") if line and not line.startswith(("#", "ref: "))]
        if lines and lines[0].startswith("dn:"):
            # An entry that two searches gave is kept once.
            records.setdefault(lines[0].lower(), "\n".join(lines) + "\n")
    # A DN in base64 (non-ASCII) counts as deep: nothing is below it here.
    depth = {key: 99 if key.startswith("dn::") else key.replace("\\,", "").count(",") + (key != "dn:") for key in records}
    sys.stdout.write("\n".join(records[key] for key in sorted(records, key=depth.get)))


if __name__ == "__main__":
    if sys.argv[1] == "directory":
        load_directory(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "manifests":
        write_manifests(sys.argv[2], int(sys.argv[3]))
    else:
        sort_ldif()
