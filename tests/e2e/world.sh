#!/usr/bin/env bash
# Environments of one domain in one run, names and SPNs that change hands, and what one apply may take away. At the end two
# environments of ten objects each are renamed, swapped and moved at random: every run converges or is refused before its
# first write, and no name and no SPN is ever there twice. The seed is printed; WORLD_SEED repeats a run.
. "$(dirname "$0")/lib.sh"
fresh
for unit in a b place1 place2; do new_unit "OU=$unit,$ou"; done

# two [DOCUMENTS]: both environments, and what is on standard input
two() {
  {
  for name in a b; do
    cat <<END
kind: Environment
metadata: {name: world-$name}
spec:
  domain: $GMSACTL_LAB_DOMAIN
  owner: e2e-world
  accountsPath: "OU=$name,$ou"
  hostGroupsPath: "OU=$name,$ou"
  directory: {servers: ["ldap://$dc1"]}
  policy: {${policy:-maxDeletes: 3}}
---
END
  done
  cat
  } | manifest world.yaml
}
account() { # NAME ENVIRONMENT SPEC
  printf 'kind: GMSA\nmetadata: {name: %s, environments: [world-%s]%s}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01]%s}\n---\n' \
    "$1" "$2" "${4:-}" "${3:+, $3}"
}
# spn_holders SPN: how many
spn_holders() { search "$base" sub "(servicePrincipalName=$1)" 1.1 | grep -c '^dn' || true; }

step 'one SPN in two environments of one domain is refused when the manifests are read'
{ account e2e-wA a 'servicePrincipalNames: [http/e2e-world]'; account e2e-wB b 'servicePrincipalNames: [http/e2e-world]'; } | two
gm validate -f "$manifests"
assert_exit 3
assert_err 'GMSA0146' 'in environment world-a' 'in environment world-b'
apply --all-envs
assert_exit 3
assert_same "$(spn_holders http/e2e-world)" 0

step 'and one that is the same service through HOST aliases when they are planned'
{ account e2e-wA a 'servicePrincipalNames: [host/e2e-world]'; account e2e-wB b 'servicePrincipalNames: [http/e2e-world]'; } | two
gm validate -f "$manifests"
assert_exit 0
apply --all-envs
assert_exit 4
assert_err 'GMSA0278'
assert_same "$(count_below "$ou" '(objectClass=msDS-GroupManagedServiceAccount)')" 0 'the number of accounts'

step 'a group that is declared for all environments of a domain is refused, with what to do'
printf 'kind: HostGroup\nmetadata: {name: e2e-wShared}\nspec: {members: [HOST01]}\n' | two
gm validate -f "$manifests"
assert_exit 3
assert_err 'GMSA0145' 'metadata.environments' '${environment}'

step 'what one environment gives up another takes in the next run, in the order that is named'
{ account e2e-wA a 'servicePrincipalNames: [http/e2e-world]'; account e2e-wB b 'servicePrincipalNames: [http/e2e-other]'; } | two
apply_all --all-envs
{ account e2e-wA a 'servicePrincipalNames: [http/e2e-new]'; account e2e-wB b 'servicePrincipalNames: [http/e2e-world]'; } | two
apply --all-envs
assert_exit 4
assert_err 'GMSA0279' 'Apply environment world-a first'
assert_same "$(spn_holders http/e2e-new)" 0
apply_all --env world-a
apply_all --env world-b
converged --env world-b

step 'a protected account is not replaced, and a replacement counts as a deletion'
account e2e-wP a '' ', protect: true' | two
apply_all --env world-a
sid=$(bytes "CN=e2e-wP,OU=a,$ou" objectSid)
account e2e-wP a 'managedPasswordIntervalInDays: 7' ', protect: true' | two
apply --env world-a --allow-replace GMSA/e2e-wP
assert_exit 7
assert_err 'GMSA0307'
assert_out 'managedPasswordIntervalInDays   30 -> 7'
account e2e-wP a 'managedPasswordIntervalInDays: 7' | two
apply --env world-a --allow-replace GMSA/e2e-wP
assert_exit 7 # the marker still says so
account e2e-wP a | two
apply_all --env world-a
policy='maxDeletes: 0' && account e2e-wP a 'managedPasswordIntervalInDays: 7' | two
apply --env world-a --allow-replace GMSA/e2e-wP
assert_exit 7
assert_err 'GMSA0308'
assert_same "$(bytes "CN=e2e-wP,OU=a,$ou" objectSid)" "$sid" 'the SID'
policy=

step 'a name is handed over, and swapped'
account e2e-wN1 a 'samAccountName: e2e-wn-x' | two
apply_all --env world-a
{ account e2e-wN1 a 'samAccountName: e2e-wn-z'; account e2e-wN2 a 'samAccountName: e2e-wn-x'; } | two
apply_all --env world-a
converged --env world-a
{ account e2e-wN1 a 'samAccountName: e2e-wn-x'; account e2e-wN2 a 'samAccountName: e2e-wn-z'; } | two
plan --env world-a --explain
assert_out 'steps aside'
apply_all --env world-a
converged --env world-a
assert_values "CN=e2e-wN1,OU=a,$ou" sAMAccountName 'e2e-wn-x$'
assert_values "CN=e2e-wN2,OU=a,$ou" servicePrincipalName host/e2e-wn-z "host/e2e-wn-z.$GMSACTL_LAB_DOMAIN"

step 'what one environment deletes another, not chosen, may still name or read through'
host_group() { printf 'kind: HostGroup\nmetadata: {name: %s, environments: [world-a]}\nspec: {members: [HOST01]}\n---\n' "$1"; }
reading() { # READER
  printf 'kind: GMSA\nmetadata: {name: e2e-wR, environments: [world-b]}\nspec: {principalsAllowedToRetrieveManagedPassword: [%s]}\n---\n' "$1"
}
{ host_group e2e-wG1; host_group e2e-wG2; } | two
apply_all --env world-a
{ host_group e2e-wG1; host_group e2e-wG2; reading e2e-wG1; } | two
apply_all --env world-b
# kept: nothing is deleted, for this reason
kept() {
  apply --env world-a --prune --allow-deletes 1 --exclude 'GMSA/*'
  assert_exit 7
  assert_err 'error[GMSA0310]' "CN=e2e-wG1,OU=a,$ou is to be deleted" "$@"
  exists "CN=e2e-wG1,OU=a,$ou" || failed 'the group was deleted'
}
{ host_group e2e-wG2; reading e2e-wG1; } | two
kept 'GMSA/e2e-wR of environment world-b still names it (e2e-wG1)' \
  "these accounts read their managed passwords through it: CN=e2e-wR,OU=b,$ou (GMSA/e2e-wR of environment world-b, owner e2e-world)"
host_group e2e-wG2 | two
kept "CN=e2e-wR,OU=b,$ou (GMSA/e2e-wR of environment world-b"
{ host_group e2e-wG2; reading e2e-wG1; } | two
gm forget -f "$manifests" --env world-b GMSA/e2e-wR --auto-approve
assert_exit 0
host_group e2e-wG2 | two
kept "CN=e2e-wR,OU=b,$ou (no marker of gmsactl)"
{ host_group e2e-wG2; reading HOST01; } | two
apply_all --env world-b --adopt
apply_all --env world-a --prune --allow-deletes 1 --exclude 'GMSA/*'
not exists "CN=e2e-wG1,OU=a,$ou" || failed 'the group is still there'

step 'additive keeps what others registered, unmanaged leaves the attribute alone'
account e2e-wS a 'servicePrincipalNamesMode: additive, servicePrincipalNames: [http/e2e-ws]' | two
apply_all --env world-a
printf 'dn: CN=e2e-wS,OU=a,%s\nchangetype: modify\nadd: servicePrincipalName\nservicePrincipalName: MSSQLSvc/e2e-ws\n' "$ou" | modify
converged --env world-a
account e2e-wS a 'servicePrincipalNamesMode: additive, servicePrincipalNames: [http/e2e-ws, http/e2e-ws2]' | two
apply_all --env world-a
assert_values "CN=e2e-wS,OU=a,$ou" servicePrincipalName http/e2e-ws http/e2e-ws2 MSSQLSvc/e2e-ws
account e2e-wS a 'servicePrincipalNamesMode: unmanaged' | two
apply_all --env world-a
assert_values "CN=e2e-wS,OU=a,$ou" servicePrincipalName http/e2e-ws http/e2e-ws2 MSSQLSvc/e2e-ws

step 'adoption says which SPNs it would remove, and refuses to remove too many'
printf 'dn: CN=e2e-wS,OU=a,%s\nchangetype: modify\ndelete: adminDescription\n' "$ou" | modify
account e2e-wS a | two
apply --env world-a --adopt
assert_exit 7
assert_err 'GMSA0276' 'GMSA0328' 'MSSQLSvc/e2e-ws'
policy='maxSpnsRemovedPercent: 100' && account e2e-wS a | two
apply_all --env world-a --adopt
assert_err 'GMSA0276'
policy=

step 'one deleted host keeps its group out, and nothing else'
ldap ldapmodify >/dev/null <<END
dn: CN=E2EWGONE,$ou
changetype: add
objectClass: computer
sAMAccountName: E2EWGONE\$
userAccountControl: 4096
END
group() { # NAME MEMBERS
  printf 'kind: HostGroup\nmetadata: {name: %s, environments: [world-a]}\nspec: {members: [%s]%s}\n---\n' "$1" "$2" "${3:-}"
}
{ group e2e-wG1 'HOST01, E2EWGONE'; group e2e-wG2 HOST02; } | two
apply_all --env world-a
remove "CN=E2EWGONE,$ou"
{ group e2e-wG1 'HOST01, HOST03, E2EWGONE'; group e2e-wG2 'HOST02, HOST04'; } | two
plan --env world-a
assert_exit 4
assert_err 'GMSA0201'
assert_out 'HostGroup/e2e-wG2' 'unreadable: a member that it names cannot be resolved'
apply --env world-a
assert_exit 6
assert_same "$(values "CN=e2e-wG2,OU=a,$ou" member | grep -c .)" 2 'members of the other group'
assert_same "$(values "CN=e2e-wG1,OU=a,$ou" member | grep -c .)" 1 'members of its own group'
apply --env world-a
assert_exit 4

step 'an organizational unit below a container is found by plan'
account e2e-wC a "path: 'OU=below,CN=container,OU=a,$ou'" | two
sed -i 's/  policy:/  createPaths: true\n  policy:/' "$manifests/world.yaml"
plan --env world-a
assert_exit 4
assert_err 'GMSA0277'

step 'twenty objects of two environments, renamed, swapped and moved at random'
seed=${WORLD_SEED:-$RANDOM}
echo "  seed $seed"
cat >"$work/shuffle.py" <<'END'
import json, random, sys
seed, state, out, ou = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
rng = random.Random(seed)
N, G = 6, 4  # accounts and groups of each environment
try:
    pools = json.load(open(state))
except FileNotFoundError:
    pools = {"sam": [f"e2e-wr{i}" for i in range(2*N+3)], "dns": [f"e2e-wr{i}.contoso.com" for i in range(2*N+3)],
             "gsam": [f"e2e-wrg{i}" for i in range(2*G+2)], "cn": [f"e2e-wr-cn{i}" for i in range(2*G+2)],
             "spn": [i % (2*N) for i in range(24)], "path": [None]*(2*(N+G))}
else:
    def exchange(pool, each):
        for _ in range(rng.randrange(4)):
            a = rng.randrange(len(pool))
            b = rng.randrange(len(pool)) if rng.randrange(25) == 0 else min(len(pool)-1, a//each*each + rng.randrange(each))
            pool[a], pool[b] = pool[b], pool[a]
    for pool, each in (("sam", N), ("dns", N), ("gsam", G), ("cn", G)): exchange(pools[pool], each)
    spn = pools["spn"]
    for _ in range(rng.randrange(6)):
        a, b = rng.randrange(24), rng.randrange(24)
        if spn[a]//N == spn[b]//N or rng.randrange(25) == 0: spn[a], spn[b] = spn[b], spn[a]
    for _ in range(rng.randrange(4)): pools["path"][rng.randrange(2*(N+G))] = rng.choice([None, "place1", "place2"])
json.dump(pools, open(out + ".json", "w"))
with open(out, "w") as f:
    def document(kind, name, env, **spec):
        f.write(json.dumps({"apiVersion": "gmsactl/v1", "kind": kind,
                            "metadata": {"name": name, "environments": ["world-" + env]}, "spec": spec}) + "\n---\n")
    for at in range(2*N):
        path = pools["path"][at]
        document("GMSA", f"e2e-wrA{at}", "ab"[at//N], samAccountName=pools["sam"][at], dnsHostName=pools["dns"][at],
                 servicePrincipalNames=["host/"+pools["sam"][at], "host/"+pools["dns"][at]]
                 + [f"MSSQLSvc/e2e-wr{n}" for n, owner in enumerate(pools["spn"]) if owner == at],
                 principalsAllowedToRetrieveManagedPassword=["HOST01"], **({"path": f"OU={path},{ou}"} if path else {}))
    for at in range(2*G):
        path = pools["path"][2*N+at]
        document("HostGroup", f"e2e-wrG{at}", "ab"[at//G], samAccountName=pools["gsam"][at], commonName=pools["cn"][at],
                 members=["HOST01"], **({"path": f"OU={path},{ou}"} if path else {}))
END
# each_once: nothing below the unit has an SPN or a sAMAccountName that something else has
each_once() {
  local twice
  twice=$(search "$ou" sub '(sAMAccountName=*)' sAMAccountName servicePrincipalName |
    sed -n 's/^\(sAMAccountName\|servicePrincipalName\): //p' | tr '[:upper:]' '[:lower:]' | sort | uniq -d)
  assert_same "$twice" '' 'what is there twice'
}
rm -f "$manifests"/*
: | two
sed -i '$d' "$manifests/world.yaml"
converged_runs=0 refused_runs=0
for ((round = 0; round < ${WORLD_ROUNDS:-16} && SECONDS < ${WORLD_SECONDS:-55}; ++round)); do
  "$python" "$work/shuffle.py" $((seed + round)) "$work/state.json" "$work/objects" "$ou"
  cp "$work/objects" "$manifests/objects.yaml"
  before=$(search "$ou" sub '(objectClass=*)' uSNChanged)
  apply --all-envs
  each_once
  case $code in
    0)
      converged_runs=$((converged_runs + 1))
      mv "$work/objects.json" "$work/state.json"
      ;;
    3 | 4)
      refused_runs=$((refused_runs + 1))
      assert_same "$(search "$ou" sub '(objectClass=*)' uSNChanged)" "$before" 'what was there before the refusal'
      [[ -e $work/state.json ]] || failed 'the first run was refused'
      ;;
    *) failed "a random run ended with $code (seed $seed, round $round)" ;;
  esac
done
echo "  $converged_runs runs converged, $refused_runs were refused"
((converged_runs > 1)) || failed 'hardly a run converged'
done_well
