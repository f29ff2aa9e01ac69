#!/usr/bin/env bash
# Kerberos where DNS names many KDCs that do not answer: the controller in use is asked, and krb5.conf where it names KDCs.
. "$(dirname "$0")/lib.sh"
dns=''
resolver=127.9.8.253
# Samba counts only where a threshold is set.
threshold() { printf 'dn: %s\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: %s\n' "$base" "$1" | modify; }
cleanup() {
  [[ ! $dns ]] || kill "$dns" 2>/dev/null || true
  dns=''
  threshold 0
}
fresh
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-kdc-hosts}\nspec: {members: [HOST01]}'
environment
keytabs=$GMSACTL_LAB_KEYTABS
lab_config=$KRB5_CONFIG

"$python" "$e2e/dns.py" "$work/port" "$GMSACTL_LAB_DOMAIN" "$GMSACTL_LAB_DC1_IP" 20 "$dc1" "$dc1" "$resolver" &
dns=$!
until_true 'the DNS server' test -s "$work/port"
# Kerberos finds KDCs by this machine's resolver; the one of the commands below is the DNS server above.
printf 'nameserver %s\n' "$resolver" >"$work/resolv.conf"
# shellcheck disable=SC2016 # the inner shell's
isolated() { unshare --mount sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$work/resolv.conf" "$@"; }
# kerberos LINE...: a krb5.conf that leaves KDCs to DNS, with these lines for the realm
kerberos() {
  {
    printf '[libdefaults]\n default_realm = %s\n rdns = false\n dns_canonicalize_hostname = false\n' "$GMSACTL_LAB_REALM"
    printf '[domain_realm]\n .%s = %s\n[realms]\n %s = {\n' "$GMSACTL_LAB_DOMAIN" "$GMSACTL_LAB_REALM" "$GMSACTL_LAB_REALM"
    printf '  %s\n' "$@"
    printf ' }\n'
  } >"$work/krb5.conf"
}
# planned FLAG...: in the world of those files
planned() { run isolated env KRB5_CONFIG="$work/krb5.conf" "$gmsactl" plan -f "$manifests" "$@"; }
planned_well() {
  local begin took
  begin=$(date +%s%N)
  planned
  took=$((($(date +%s%N) - begin) / 1000000))
  echo "  ($took ms)"
  assert_exit 0
  assert_out '+ HostGroup/e2e-kdc-hosts' "server $dc1"
  # One exchange through 20 dead KDCs takes libkrb5 20 s.
  ((took < 5000)) || failed "it took $took ms"
}

step 'a ticket-granting ticket, 20 of 21 KDCs in DNS drop packets'
kerberos
KRB5_CONFIG=$lab_config kinit -k -t "$keytabs/administrator.keytab" -c "FILE:$work/cache" "Administrator@$GMSACTL_LAB_REALM"
KRB5CCNAME="FILE:$work/cache" planned_well

step 'the ticket was kept in the cache'
klist -c "FILE:$work/cache" | grep -q "ldap/$dc1@" || failed 'no ticket for ldap in the cache'

step 'a keytab'
KRB5CCNAME="FILE:$work/none" KRB5_CLIENT_KTNAME="$keytabs/administrator.keytab" planned_well

step 'a cache that cannot be written to'
KRB5_CONFIG=$lab_config kinit -k -t "$keytabs/administrator.keytab" -c "FILE:$work/read-only" "Administrator@$GMSACTL_LAB_REALM"
# shellcheck disable=SC2016 # the inner shell's
sealed=(unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"' sh "$work/read-only")
begin=$SECONDS
run "${sealed[@]}" unshare --mount sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$work/resolv.conf" \
  env KRB5_CONFIG="$work/krb5.conf" KRB5CCNAME="FILE:$work/read-only" "$gmsactl" plan -f "$manifests"
assert_exit 0
((SECONDS - begin < 8)) || failed "it took $((SECONDS - begin)) s"
! klist -c "FILE:$work/read-only" | grep -q "ldap/$dc1@" || failed 'the cache was written to, so this shows nothing'

step 'a wrong key is handed in once, with a primary KDC to turn to as well'
failures() { search "$base" sub '(sAMAccountName=reader)' badPwdCount | sed -n 's/^badPwdCount: //p'; }
kerberos "primary_kdc = $GMSACTL_LAB_DC1_IP" "master_kdc = $GMSACTL_LAB_DC1_IP"
printf '%s\n' "addent -password -p reader@$GMSACTL_LAB_REALM -k 9 -e aes256-cts-hmac-sha1-96" wrong "wkt $work/wrong.keytab" | ktutil >/dev/null
KRB5_CONFIG=$lab_config kinit -k -t "$keytabs/reader.keytab" -c "FILE:$work/reader" "reader@$GMSACTL_LAB_REALM" # the count begins anew
threshold 50
before=$(failures)
KRB5CCNAME="FILE:$work/none" KRB5_CLIENT_KTNAME="$work/wrong.keytab" planned
assert_exit 4
assert_err "getting a ticket for reader@$GMSACTL_LAB_REALM" 'help: The keytab holds an old key'
assert_same "$(failures)" "$((${before:-0} + 1))" 'the count of failed logons'
threshold 0

step 'KDCs that krb5.conf names are followed, dead or not; waiting for them is said'
kerberos 'kdc = 127.9.8.1'
KRB5CCNAME="FILE:$work/none" KRB5_CLIENT_KTNAME="$keytabs/administrator.keytab" planned
assert_exit 4
assert_err "note: waiting for a Kerberos ticket for ldap/$dc1, for 2 s now" 'Cannot contact any KDC' 'answer on port 88' '[realms]'
kerberos "kdc = $GMSACTL_LAB_DC1_IP"
KRB5CCNAME="FILE:$work/none" KRB5_CLIENT_KTNAME="$keytabs/administrator.keytab" planned_well
assert_not_err 'waiting for a Kerberos ticket'
done_well
