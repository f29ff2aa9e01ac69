#!/usr/bin/python3
"""Fills a freshly provisioned domain, before its controller starts, with what the tests count on.

seed.py SMB_CONF SECRETS_DIR KEYTABS_DIR

Writes straight into the database: hosts, a delegated service user, a plain reader. Every password is random; it is
left in SECRETS_DIR/NAME.password, and the matching keytab in KEYTABS_DIR.
"""

import os
import secrets
import subprocess
import sys

import ldb
from samba import param
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.samdb import SamDB
from samba.dcerpc.misc import GUID

HOSTS = [f"HOST{number:02}" for number in range(1, 7)]
# A file server that is no member asks nobody what a ticket's authorization data means, and so takes none: [MS-ADTS]
# 2.2.16, ADS_UF_NO_AUTH_DATA_REQUIRED.
FILE_SERVERS = ["HOST07"]
WORKSTATION_TRUST_ACCOUNT = 0x1000
NO_AUTH_DATA_REQUIRED = 0x2000000
DELEGATED_CLASSES = ["msDS-GroupManagedServiceAccount", "group", "serviceConnectionPoint"]
FULL_CONTROL = "CCDCLCSWRPWPDTLOCRSDRCWDWO"


def write_secret(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text + "\n")


class Seed:
    def __init__(self, smb_conf, secrets_dir, keytabs_dir):
        self.lp = param.LoadParm()
        self.lp.load(smb_conf)
        self.secrets_dir = secrets_dir
        self.keytabs_dir = keytabs_dir
        self.samdb = SamDB(
            url=os.path.join(self.lp.get("private dir"), "sam.ldb"),
            session_info=system_session(),
            lp=self.lp,
        )
        self.base = str(self.samdb.domain_dn())
        self.realm = self.lp.get("realm")
        self.domain = self.realm.lower()

    def new_password(self, name):
        password = "Aa1." + secrets.token_urlsafe(18)
        write_secret(os.path.join(self.secrets_dir, name + ".password"), password)
        return ('"%s"' % password).encode("utf-16-le")

    def add_ou(self, name):
        self.samdb.add({"dn": f"OU={name},{self.base}", "objectClass": "organizationalUnit"})

    def add_host(self, name, flags=0):
        dns = f"{name.lower()}.{self.domain}"
        self.samdb.add({
            "dn": f"CN={name},OU=Hosts,{self.base}",
            "objectClass": "computer",
            "sAMAccountName": name + "$",
            "userAccountControl": str(WORKSTATION_TRUST_ACCOUNT | flags),
            "dNSHostName": dns,
            "servicePrincipalName": [f"host/{name}", f"host/{dns}"],
            "msDS-SupportedEncryptionTypes": "24",
            "unicodePwd": self.new_password(name),
        })

    def add_user(self, name):
        self.samdb.add({
            "dn": f"CN={name},CN=Users,{self.base}",
            "objectClass": "user",
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@{self.domain}",
            "userAccountControl": "512",
            "msDS-SupportedEncryptionTypes": "24",
            "unicodePwd": self.new_password(name),
        })

    def sid_of(self, account):
        found = self.samdb.search(self.base, expression=f"(sAMAccountName={account})", attrs=["objectSid"])
        return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))

    def class_guid(self, name):
        found = self.samdb.search(
            self.samdb.get_schema_basedn(), expression=f"(lDAPDisplayName={name})", attrs=["schemaIDGUID"])
        return str(ndr_unpack(GUID, found[0]["schemaIDGUID"][0]))

    def delegate(self, ou, account):
        """Lets account create, delete and fully control objects of the delegated classes below ou, and nothing else."""
        sid = self.sid_of(account)
        aces = ""
        for name in DELEGATED_CLASSES:
            guid = self.class_guid(name)
            aces += f"(OA;CI;CCDC;{guid};;{sid})(OA;CIIO;{FULL_CONTROL};;{guid};{sid})"
        found = self.samdb.search(ou, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"])
        domain_sid = security.dom_sid(self.samdb.get_domain_sid())
        descriptor = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
        for ace in security.descriptor.from_sddl("D:" + aces, domain_sid).dacl.aces:
            descriptor.dacl_add(ace)
        message = ldb.Message(ldb.Dn(self.samdb, ou))
        message["nTSecurityDescriptor"] = ldb.MessageElement(
            ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
        self.samdb.modify(message)

    def keep_passwords_valid(self):
        message = ldb.Message(ldb.Dn(self.samdb, self.base))
        for name in ("maxPwdAge", "minPwdAge"):
            message[name] = ldb.MessageElement("0", ldb.FLAG_MOD_REPLACE, name)
        self.samdb.modify(message)

    def write_keytab(self, principal, password_file, path):
        # Samba's own export leaves a process that crashes at the second keytab, so MIT's ktutil makes them from the
        # passwords. [MS-KILE] 3.1.1.2: a computer's salt is REALMhostNAME.DOMAIN, a user's REALMNAME.
        with open(os.path.join(self.secrets_dir, password_file + ".password")) as file:
            password = file.read().strip()
        salt = self.realm + principal
        if principal.endswith("$"):
            salt = f"{self.realm}host{principal[:-1].lower()}.{self.domain}"
        commands = ""
        for enctype in ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"):
            commands += f"addent -password -p {principal}@{self.realm} -k 1 -e {enctype} -s {salt}\n{password}\n"
        subprocess.run(["ktutil"], input=f"{commands}write_kt {path}\nquit\n", text=True, check=True)

    def run(self):
        self.samdb.transaction_start()
        try:
            self.keep_passwords_valid()
            for name in ("Hosts", "Managed"):
                self.add_ou(name)
            for name in HOSTS:
                self.add_host(name)
            for name in FILE_SERVERS:
                self.add_host(name, NO_AUTH_DATA_REQUIRED)
            for name in ("svc-gmsactl", "reader"):
                self.add_user(name)
            self.delegate(f"OU=Managed,{self.base}", "svc-gmsactl")
        except BaseException:
            self.samdb.transaction_cancel()
            raise
        self.samdb.transaction_commit()
        os.umask(0o077)
        for name in HOSTS + FILE_SERVERS:
            self.write_keytab(name + "$", name, os.path.join(self.keytabs_dir, "hosts", name + ".keytab"))
        for name in ("svc-gmsactl", "reader", "Administrator"):
            self.write_keytab(name, name.lower(), os.path.join(self.keytabs_dir, name.lower() + ".keytab"))


if __name__ == "__main__":
    Seed(*sys.argv[1:4]).run()
