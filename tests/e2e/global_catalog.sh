#!/usr/bin/env bash
# SPNs that another domain of the forest holds. The lab has one domain: here its partition for DNS zones counts as another
# one, with a computer in it, which the real global catalogue tells of and a search of the domain does not.
. "$(dirname "$0")/lib.sh"
[[ ${GMSACTL_LAB_DIR:-} ]] || { echo 'skipped: no lab of this machine'; exit 77; }
other_domain="DC=DomainDnsZones,$base"
holder="CN=e2e-gc,$other_domain"
settings=$(search '' base '(objectClass=*)' dsServiceName | sed -n 's/^dsServiceName: //p')

# domains ONE|TWO: the flag that makes a naming context a domain ([MS-ADTS] 6.1.1.2.1.1) can't be set by LDAP.
domains() {
  "$python" - "$GMSACTL_LAB_DIR/dc01" "$base" "$other_domain" "$1" <<'END'
import sys, ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
folder, base, other, how = sys.argv[1:]
settings = LoadParm()
settings.load(folder + "/etc/smb.conf")
db = SamDB(url=folder + "/private/sam.ldb", session_info=system_session(), lp=settings)
reference = db.search("CN=Partitions,CN=Configuration," + base, expression="(nCName=%s)" % other, attrs=["systemFlags"])[0]
flags = int(str(reference["systemFlags"][0]))
message = ldb.Message(reference.dn)
wanted = flags | 2 if how == "two" else flags & ~2
message["systemFlags"] = ldb.MessageElement(str(wanted), ldb.FLAG_MOD_REPLACE, "systemFlags")
db.modify(message, ["relax:0"])
END
}
# catalogue 1|0: whether the controller is a global catalogue
catalogue() { printf 'dn: %s\nchangetype: modify\nreplace: options\noptions: %s\n' "$settings" "$1" | modify; }
cleanup() {
  catalogue 1
  domains one
  remove "$holder"
}
fresh
catalogue_says() { [[ $(search '' base '(objectClass=*)' isGlobalCatalogReady | sed -n 's/^isGlobalCatalogReady: //p') == "$1" ]]; }
printf 'dn: %s\nchangetype: add\nobjectClass: computer\nsAMAccountName: e2e-gc$\nuserAccountControl: 4096\nservicePrincipalName: http/e2e-gc.%s\n' \
  "$holder" "$GMSACTL_LAB_DOMAIN" | modify
environment
manifest objects.yaml <<END
kind: GMSA
metadata: {name: e2e-gc-web}
spec:
  principalsAllowedToRetrieveManagedPassword: [HOST01]
  servicePrincipalNames: [http/e2e-gc.$GMSACTL_LAB_DOMAIN]
END
refused() {
  plan "$@"
  assert_exit 4
  assert_err 'error[GMSA0205]: SPN held by another object' \
    "http/e2e-gc.$GMSACTL_LAB_DOMAIN, declared for GMSA/e2e-gc-web, is registered on $holder. An SPN belongs to one object in the forest."
}

step 'a forest with one domain: what is in no domain is no concern, and no global catalogue is asked'
plan
assert_exit 0

step 'another domain holds the SPN: a conflict that names its holder, and nothing is written'
domains two
refused
apply
assert_exit 4
assert_err 'Nothing was written.'
! exists "CN=e2e-gc-web,$ou" || failed 'the account was created'

step 'over TLS it is asked by its own port'
export E2E_PASSWORD
E2E_PASSWORD=$(<"$GMSACTL_LAB_ADMIN_PASSWORD_FILE")
environment "  directory:
    servers: [\"ldaps://$dc1\"]
    authentication: simple
    username: Administrator@$GMSACTL_LAB_DOMAIN
    passwordFrom: {env: E2E_PASSWORD}
    tls: {caFile: \"$GMSACTL_LAB_CA\"}"
refused

step 'a controller that is no global catalogue: DNS names one'
environment
catalogue 0
until_true 'that it is no catalogue' catalogue_says FALSE
[[ ${GMSACTL_LAB_DC2:-} ]] || refused # with two, DNS may name the other one, which has not heard of the holder yet

step 'none is to be found: not known is not free'
GMSACTL_DNS_SERVERS=127.0.0.1:9 plan
assert_exit 4
assert_err 'error[GMSA0211]: SPN holders could not be read' "finding a global catalogue of $GMSACTL_LAB_DOMAIN, which the domain controller in use is not"
catalogue 1
until_true 'that it is one again' catalogue_says TRUE

step 'given up there: it is free'
remove "$holder"
apply_all
converged
domains one
converged
done_well
