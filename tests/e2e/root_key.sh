#!/usr/bin/env bash
# A forest without a KDS root key: refused before any write, and made where the Environment says so. The lab's own key is
# put aside and back.
. "$(dirname "$0")/lib.sh"
keys="CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,CN=Configuration,$base"
settings="CN=Group Key Distribution Service Server Configuration,CN=Server Configuration,CN=Group Key Distribution Service,CN=Services,CN=Configuration,$base"
aside=$GMSACTL_LAB_SECRETS/e2e-root-key.ldif # outlives this script, should it be killed
key_dns() { search "$keys" one '(objectClass=msKds-ProvRootKey)' 1.1 | sed -n 's/^dn: //p'; }
key_count() { key_dns | wc -l; }
remove_keys() { key_dns | while IFS= read -r dn; do remove "$dn"; done; }

cleanup() {
  remove_tree "$ou"
  printf 'dn: %s\nchangetype: modify\nreplace: msKds-SecretAgreementAlgorithmID\n' "$settings" | ldap ldapmodify >/dev/null
  [[ -s $aside ]] || return 0
  remove_keys
  ldap ldapadd -f "$aside" >/dev/null && rm "$aside"
}
fresh
if [[ ${GMSACTL_LAB_DC2:-} ]]; then
  echo 'skipped: this domain has two controllers, between which a key needs time'
  exit 77
fi
if [[ $(count_below "$base" '(objectClass=msDS-GroupManagedServiceAccount)') != 0 ]]; then
  echo 'skipped: this domain has managed accounts, which need its root key'
  exit 77
fi
(umask 077 && search "$keys" one '(objectClass=msKds-ProvRootKey)' objectClass msKds-CreateTime msKds-UseStartTime msKds-RootKeyData \
  msKds-PrivateKeyLength msKds-PublicKeyLength msKds-SecretAgreementAlgorithmID msKds-SecretAgreementParam msKds-KDFAlgorithmID \
  msKds-KDFParam msKds-DomainID msKds-Version >"$aside.new")
# Nothing is removed before all of it is known to be kept.
assert_same "$(grep -c '^msKds-RootKeyData::' "$aside.new")" "$(key_count)" 'the number of keys put aside'
[[ -s $aside.new ]] || failed 'the lab has no root key to begin with: ./dev lab reset'
mv "$aside.new" "$aside"
remove_keys
assert_same "$(key_count)" 0 'the number of root keys'
directory="  directory: {servers: [\"ldap://$dc1\"]}"
manifest objects.yaml <<'END'
kind: HostGroup
metadata: {name: e2e-key-hosts}
spec: {members: [HOST01]}
---
kind: GMSA
metadata: {name: e2e-key}
spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: e2e-key-hosts}]}
END

step 'no key: refused before any write'
environment
for command in plan apply; do
  $command
  assert_exit 4
  assert_err 'error[GMSA0203]: No KDS root key' \
    'help: An enterprise administrator creates one, once per forest, with Add-KdsRootKey -EffectiveImmediately; it serves ten hours later. Or set kdsRootKey: {create: true} in the Environment.'
done
assert_err 'Nothing was written.'
assert_same "$(count_below "$ou" '(objectClass=group)')" 0 'the number of groups'

step 'no key, and none is needed: groups alone'
apply_all --target 'HostGroup/*'
assert_out_line 'Apply complete: 1 created, 0 updated, 0 replaced, 0 deleted; 0 unchanged.'

step 'a key for later: made, and the accounts wait'
environment "$directory
  kdsRootKey: {create: true}"
apply
assert_exit 0
assert_err 'warning[GMSA0204]: KDS root key not yet usable' '1 of the declared accounts are not in this plan'
assert_out 'KdsRootKey/contoso.com: created'
assert_same "$(key_count)" 1 'the number of root keys'
exists "CN=e2e-key,$ou" && failed 'the account was made before the key serves'
plan
assert_exit 4
assert_err 'error[GMSA0204]: KDS root key not yet usable' 'serves from '
remove_keys

step 'a key at once: made, and the accounts with it'
environment "$directory
  kdsRootKey: {create: true, effective: immediately}"
plan
assert_exit 0
assert_out '+ KdsRootKey/contoso.com' '+ GMSA/e2e-key' 'Plan: 2 to create'
apply_all
assert_out 'KdsRootKey/contoso.com: created' 'GMSA/e2e-key: created'
assert_same "$(key_count)" 1 'the number of root keys'
converged
key=$(key_dns)
assert_values "$key" msKds-Version 1
assert_values "$key" msKds-KDFAlgorithmID SP800_108_CTR_HMAC
assert_values "$key" msKds-SecretAgreementAlgorithmID DH
assert_values "$key" msKds-PublicKeyLength 2048
assert_values "$key" msKds-PrivateKeyLength 512
assert_same "$(bytes "$key" msKds-SecretAgreementParam)" \
  "$(sed -n 's/^msKds-SecretAgreementParam:: //p' "$aside" | head -1 | base64 -d | od -An -v -tx1 | tr -d ' \n')" \
  "the group, compared with the one that Samba's own key has"
assert_values "$key" msKds-DomainID "CN=DC01,OU=Domain Controllers,$base"
assert_same "$(bytes "$key" msKds-KDFParam)" 00000000010000000e000000000000005300480041003500310032000000 msKds-KDFParam
assert_same "$(bytes "$key" msKds-RootKeyData | wc -c)" 128 'the length of the key'
! grep -q "$(search "$key" base '(objectClass=*)' msKds-RootKeyData | sed -n 's/^msKds-RootKeyData:: //p' | cut -c1-40)" "$work/out" "$work/err" || failed 'the key was printed'

step 'a forest that asks for another algorithm: refused at plan, with what to do'
remove_tree "CN=e2e-key,$ou"
remove_keys
printf 'dn: %s\nchangetype: modify\nadd: msKds-SecretAgreementAlgorithmID\nmsKds-SecretAgreementAlgorithmID: ECDH_P256\n' "$settings" | modify
for command in plan apply; do
  $command
  assert_exit 4
  assert_err 'error[GMSA0284]: KDS root key cannot be made' 'ECDH_P256' 'Add-KdsRootKey -EffectiveImmediately'
done
assert_same "$(key_count)" 0 'the number of root keys'
printf 'dn: %s\nchangetype: modify\ndelete: msKds-SecretAgreementAlgorithmID\n' "$settings" | modify
apply_all
assert_same "$(key_count)" 1 'the number of root keys'

step 'its passwords are real: a member host retrieves one'
kinit -k -t "$GMSACTL_LAB_HOST_KEYTABS/HOST01.keytab" -c "FILE:$work/host" "HOST01\$@$GMSACTL_LAB_REALM" >/dev/null
(($(KRB5CCNAME="FILE:$work/host" search "CN=e2e-key,$ou" base '(objectClass=*)' msDS-ManagedPassword | wc -c) > 340)) ||
  failed 'HOST01 got no password'

step 'a user who may not read the key is told that there is one'
remove_tree "CN=e2e-key,$ou"
environment
KRB5CCNAME=$GMSACTL_LAB_READER_CCACHE plan
assert_exit 0
assert_err 'warning[GMSA0212]' 'One is listed, so the forest has a key.'
done_well
