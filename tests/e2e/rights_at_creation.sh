#!/usr/bin/env bash
# Rights at creation (KB5008383), which Samba checks as Windows does where dSHeuristics says so: what plan says of them,
# and what then becomes of the apply. And delegation, which no right on an object gives.
. "$(dirname "$0")/lib.sh"
settings="CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,$base"
class=msDS-GroupManagedServiceAccount
heuristics() {
  if [[ $1 ]]; then
    printf 'dn: %s\nchangetype: modify\nreplace: dSHeuristics\ndSHeuristics: %s\n' "$settings" "$1"
  else
    printf 'dn: %s\nchangetype: modify\nreplace: dSHeuristics\n' "$settings"
  fi | modify
}
cleanup() { heuristics ''; }
fresh
grant() { "$python" "$e2e/grant.py" "$dc1" "$ou" reader "$@"; }
account() {
  manifest account.yaml <<YAML
kind: GMSA
metadata: {name: $1}
spec: {principalsAllowedToRetrieveManagedPassword: [HOST01], ${2:-enabled: true}}
YAML
}
as_reader() { KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE "$@"; }
environment
heuristics 0000000001000000000200000001

step 'the right to create alone: said at plan, refused by the controller'
grant "(OA;CI;CC;{$class};;{sid})"
account e2e-add-a
as_reader plan
assert_exit 0
assert_err 'note[GMSA0252]: Rights at creation not certain' "dsacls \"$ou\" /I:S /G \"DOMAIN\\USER:GA;;$class\""
as_reader apply --no-lock
assert_exit 4
assert_out 'insufficientAccessRights'
exists "CN=e2e-add-a,$ou" && failed 'the account was made'

step 'an account that this user may not write makes it a warning'
account e2e-add-b
apply_all
account e2e-add-a
as_reader plan
assert_exit 0
assert_err 'warning[GMSA0252]: Rights at creation not certain' 'This user may not write'

step 'the grants of the documentation satisfy the check'
grant "(OA;CI;CCDC;{$class};;{sid})" "(OA;CIIO;CCDCLCSWRPWPDTLOCRSDRCWDWO;;{$class};{sid})"
as_reader plan
assert_exit 0
assert_not_err GMSA0252
as_reader apply_all --no-lock
exists "CN=e2e-add-a,$ou" || failed 'the account was not made'

step 'delegation: said at plan, for this user only'
account e2e-add-a 'trustedForDelegation: true'
as_reader plan
assert_exit 0
assert_err 'warning[GMSA0251]: Delegation needs a privilege'
plan
assert_exit 0
assert_not_err GMSA0251

step 'where the check is off nothing is said'
heuristics 0000000001000000000200000002
remove_tree "$ou"
new_unit "$ou"
grant "(OA;CI;CC;{$class};;{sid})"
account e2e-add-c
as_reader plan
assert_exit 0
assert_not_err GMSA0252
done_well
