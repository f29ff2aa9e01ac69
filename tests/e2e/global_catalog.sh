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
names=''
cleanup() {
  [[ ! $names ]] || kill "$names" 2>/dev/null || true
  names=''
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

# world JSON: DNS and servers of that kind, see names.py
world() {
  [[ ! $names ]] || kill "$names" 2>/dev/null || true
  rm -f "$work/port"
  "$python" "$e2e/names.py" "$work/port" "$1" &
  names=$!
  until_true 'the DNS server' test -s "$work/port"
  GMSACTL_DNS_SERVERS=127.0.0.1:$(<"$work/port")
  export GMSACTL_DNS_SERVERS
}
# within SECONDS COMMAND...
within() {
  local begin=$SECONDS most=$1
  shift
  "$@"
  ((SECONDS - begin <= most)) || failed "it took $((SECONDS - begin)) s, and may take $most"
}
gc="_ldap._tcp.gc._msdcs.$GMSACTL_LAB_DOMAIN"
d=$GMSACTL_LAB_DOMAIN
lab_dns=${GMSACTL_DNS_SERVERS:-}

step 'catalogues that drop packets or are something else: the next one is asked'
world "{\"a\": {\"$dc1\": \"$GMSACTL_LAB_DC1_IP\", \"drops.$d\": \"127.9.7.1\", \"other.$d\": \"127.9.7.2\"},
  \"srv\": {\"$gc\": [[0, \"drops.$d\", 3268], [1, \"other.$d\", 3268], [2, \"$dc1\", 3268]]},
  \"holes\": [[\"127.9.7.1\", 3268]], \"nonsense\": [[\"127.9.7.2\", 3268]]}"
within 5 refused

step 'two environments of one run: the one that will not do is not asked again'
asked() { wc -l <"$work/port.asked"; }
by_one=$(asked)
((by_one > 0)) || failed 'it was not asked at all'
sed -i 's/{name: e2e-gc-web}/{name: e2e-gc-web, environments: [lab]}/' "$manifests/objects.yaml"
sed 's/name: lab}/name: other}/' "$manifests/environment.yaml" >"$manifests/other.yaml"
sed 's/{name: e2e-gc-web, environments: .lab.}/{name: e2e-gc-two, environments: [other]}/; s/e2e-gc\./e2e-gc-two./' "$manifests/objects.yaml" >"$manifests/two.yaml"
: >"$work/port.asked"
within 6 plan --all-envs
assert_exit 4
assert_err 'error[GMSA0205]: SPN held by another object'
assert_out '+ GMSA/e2e-gc-two'
assert_same "$(asked)" "$by_one" 'how often it was asked'
rm "$manifests/other.yaml" "$manifests/two.yaml"
sed -i 's/, environments: .lab.//' "$manifests/objects.yaml"

step 'each of them is dead: the error names them'
world "{\"a\": {\"$dc1\": \"$GMSACTL_LAB_DC1_IP\", \"drops.$d\": \"127.9.7.1\", \"other.$d\": \"127.9.7.2\"},
  \"srv\": {\"$gc\": [[0, \"drops.$d\", 3268], [1, \"other.$d\", 3268]]},
  \"holes\": [[\"127.9.7.1\", 3268]], \"nonsense\": [[\"127.9.7.2\", 3268]]}"
plan --timeout 2s
assert_exit 4
assert_err 'error[GMSA0211]: SPN holders could not be read' "finding a global catalogue of $d" "ldap://drops.$d:3268" "ldap://other.$d:3268"
catalogue 1
until_true 'that it is one again' catalogue_says TRUE

step 'the controller in use is a catalogue, and a firewall drops packets to that port: DNS names another one'
# Its certificate is for the domain's name as well, so that is the other one.
environment "  directory:
    servers: [\"ldaps://$dc1\"]
    authentication: simple
    username: Administrator@$GMSACTL_LAB_DOMAIN
    passwordFrom: {env: E2E_PASSWORD}
    tls: {caFile: \"$GMSACTL_LAB_CA\"}"
relayed="\"a\": {\"$dc1\": \"127.9.7.3\", \"$d\": \"$GMSACTL_LAB_DC1_IP\"},
  \"relays\": [[\"127.9.7.3\", 636, \"$GMSACTL_LAB_DC1_IP\", 636]], \"holes\": [[\"127.9.7.3\", 3269]]"
world "{$relayed, \"srv\": {\"$gc\": [[0, \"$dc1\", 3268], [1, \"$d\", 3268]]}}"
within 6 refused

step 'there is no other one: the one that does not answer is named'
world "{$relayed}"
within 6 plan
assert_exit 4
assert_err 'error[GMSA0211]: SPN holders could not be read' "ldaps://$dc1:3269" 'no answer in 2000 ms'
environment
GMSACTL_DNS_SERVERS=$lab_dns
catalogue 0
until_true 'that it is no catalogue' catalogue_says FALSE

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
