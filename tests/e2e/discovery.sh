#!/usr/bin/env bash
# Finding a domain controller where DNS names many that do not answer: how long it takes, which one is used, what is said.
. "$(dirname "$0")/lib.sh"
dns=''
cleanup() { [[ ! $dns ]] || kill "$dns" 2>/dev/null || true; dns=''; }
fresh
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-disc-hosts}\nspec: {samAccountName: "e2e-disc-${environment}", commonName: "e2e-disc-${environment}", members: [HOST01]}'
environment ''

# domain_of HOLES PDC: DNS of a domain in which HOLES controllers do not answer
domain_of() {
  cleanup
  rm -f "$work/port"
  "$python" "$e2e/dns.py" "$work/port" "$GMSACTL_LAB_DOMAIN" "$GMSACTL_LAB_DC1_IP" "$1" "$2" "$dc1" &
  dns=$!
  until_true 'the DNS server' test -s "$work/port"
  GMSACTL_DNS_SERVERS=127.0.0.1:$(<"$work/port")
  export GMSACTL_DNS_SERVERS
}
# within MILLISECONDS COMMAND...: a run that must not take longer than that from its start to its end
within() {
  local most=$1 begin took
  shift
  begin=$(date +%s%N)
  "$@"
  took=$((($(date +%s%N) - begin) / 1000000))
  echo "  ($took ms)"
  ((took < most)) || failed "it took $took ms, and may take $most"
}
found_it() {
  assert_exit 0
  assert_out '+ HostGroup/e2e-disc-hosts' "server $dc1"
}

step '55 of 56 controllers drop packets, the PDC emulator among them: the whole plan takes less than 3 s'
domain_of 55 "hole1.$GMSACTL_LAB_DOMAIN"
within 3000 plan
found_it

step 'the PDC emulator answers: nobody else is waited for'
domain_of 55 "$dc1"
within 2000 plan
found_it

step 'a site is named: its controllers come first'
domain_of 55 "hole1.$GMSACTL_LAB_DOMAIN"
within 2000 plan --site Here
found_it
plan --site Nowhere
assert_exit 4
assert_err 'finding the domain controllers of site Nowhere' 'help: Check directory.site or --site'
for site in ../Here 'Here.evil' 'Here and there' '' $'Here\n' "$(printf 'a%.0s' {1..64})"; do
  plan --site "$site"
  assert_exit 3
  assert_err 'is not the name of an Active Directory site: it '
done
GMSACTL_SITE=a/b plan
assert_exit 3
assert_err '"a/b" is not the name of an Active Directory site: it has the character /'
sed -i 's/^  owner: .*/&\n  directory: {site: Here}/' "$manifests/environment.yaml"
within 2000 plan
found_it
environment ''

step 'two environments of one run: what is dead is not asked again'
sed 's/name: lab}/name: other}/' "$manifests/environment.yaml" >"$manifests/other.yaml"
within 4000 plan --all-envs
assert_exit 0
rm "$manifests/other.yaml"

step 'named servers: the first drops packets, the second is used'
environment "  directory: {servers: [\"ldap://hole1.$GMSACTL_LAB_DOMAIN\", \"ldap://$dc1\"]}"
within 2500 plan
found_it

step 'nobody answers: a bounded time, a line of progress, the first three named'
domain_of 55 "hole1.$GMSACTL_LAB_DOMAIN"
sed -i "s/^  directory: .*/  directory: {servers: [$(for i in {1..5}; do printf '"ldap:\/\/hole%s.%s",' "$i" "$GMSACTL_LAB_DOMAIN"; done | sed 's/,$//')]}/" "$manifests/environment.yaml"
within 6000 plan --timeout 2s
assert_exit 4
assert_err 'note: looking for a domain controller of ' ' of 5 answered' 'no domain controller of contoso.com could be used' 'and 2 more' 'no answer in 2000 ms'
done_well
