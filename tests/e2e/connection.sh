#!/usr/bin/env bash
# Every way in, and every way that fails: what is said, the exit code, and that a password never leaves unprotected.
. "$(dirname "$0")/lib.sh"
listener=''
cleanup() { [[ ! $listener ]] || kill "$listener" 2>/dev/null || true; }
fresh
password=$(<"$GMSACTL_LAB_ADMIN_PASSWORD_FILE")
export E2E_PASSWORD=$password
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-con-hosts}\nspec: {members: [HOST01]}'

# simple URL [TLS LINE [PASSWORD SOURCE [USER]]]
simple() {
  environment "  directory:
    servers: [\"$1\"]
    authentication: simple
    username: ${4-Administrator@$GMSACTL_LAB_DOMAIN}
    passwordFrom: ${3-{env: E2E_PASSWORD\}}
    tls: ${2-{caFile: \"$GMSACTL_LAB_CA\"\}}"
}
planned_well() {
  plan "$@"
  assert_exit 0
  assert_out '+ HostGroup/e2e-con-hosts' "server $dc1"
}
# refused TEXT...: exit code 4, no plan, and never the password
refused() {
  plan --timeout 10s
  assert_exit 4
  assert_err 'error: environment lab could not be planned: ' "$@"
  assert_not_err "$password"
  [[ ! -s $work/out ]] || failed 'something is on standard output'
  apply --timeout 10s
  assert_exit 4
  assert_err 'Nothing was written.'
}

step 'Kerberos, ticket cache, server by name'
environment
planned_well

step 'Kerberos, server by DNS SRV records'
environment ''
planned_well

step '--server in place of the Environment'"'"'s'
environment '  directory: {servers: ["ldap://nowhere.contoso.com"]}'
planned_well --server "ldap://$dc1"

step 'Kerberos with a keytab, no ticket beforehand'
environment
KRB5CCNAME="FILE:$work/by-keytab" KRB5_CLIENT_KTNAME="FILE:$GMSACTL_LAB_KEYTABS/administrator.keytab" planned_well

step 'a client keytab is used whatever the ticket cache is; its flaws are named'
for cache in FILE:/proc/none/cc KCM: KEYRING:x "DIR:$work/none/x" "FILE:$GMSACTL_LAB_CA"; do
  KRB5CCNAME=$cache KRB5_CLIENT_KTNAME="$GMSACTL_LAB_KEYTABS/administrator.keytab" planned_well
done
base64 "$GMSACTL_LAB_KEYTABS/administrator.keytab" >"$work/b64"
for flaw in "$work/b64 is still encoded in base64" "$work/none does not exist" "$work is a directory"; do
  KRB5CCNAME=KCM: KRB5_CLIENT_KTNAME=${flaw%% *} plan
  assert_exit 4
  assert_err "the keytab $flaw"
done
KRB5CCNAME="FILE:$work/none" KRB5_KTNAME="$GMSACTL_LAB_KEYTABS/administrator.keytab" KRB5_CLIENT_KTNAME='' plan
assert_exit 4
assert_err 'there is no Kerberos ticket in' 'KRB5_KTNAME is for services'

step 'simple bind over ldaps, StartTLS, and by itself'
for url in "ldaps://$dc1" "ldap://$dc1"; do
  simple "$url"
  planned_well
done
simple "ldap://$dc1" "{mode: startTLS, caFile: \"$GMSACTL_LAB_CA\"}"
planned_well
simple "ldaps://$dc1" "{mode: ldaps, caFile: \"$GMSACTL_LAB_CA\"}"
planned_well
simple "ldaps://$dc1" "{caFile: \"$GMSACTL_LAB_CA\"}" "{file: \"$GMSACTL_LAB_ADMIN_PASSWORD_FILE\"}"
apply_all
converged
ldap ldapdelete "CN=e2e-con-hosts,$ou"

step 'simple bind with DNS SRV records'
simple x
sed -i '/servers:/d' "$manifests/environment.yaml"
planned_well

step 'a wrong password, an unknown user'
E2E_PASSWORD=wrong simple "ldaps://$dc1"
E2E_PASSWORD=wrong refused "ldaps://$dc1: " 'LDAP 49 invalidCredentials' 'the user name or the password is wrong' \
  'help: Check the password and how it is passed in'
simple "ldaps://$dc1" "{caFile: \"$GMSACTL_LAB_CA\"}" '{env: E2E_PASSWORD}' nobody@contoso.com
refused 'LDAP 49 invalidCredentials'

step 'no password, an unset variable, a missing file'
E2E_PASSWORD='' simple "ldaps://$dc1"
(unset E2E_PASSWORD; refused 'the environment variable E2E_PASSWORD, which passwordFrom names, is not set' \
  'help: Set E2E_PASSWORD to the password of directory.username.')
simple "ldaps://$dc1" "{caFile: \"$GMSACTL_LAB_CA\"}" '{file: /nonexistent/password}'
refused 'the file /nonexistent/password, which passwordFrom names, does not exist'

step 'a password as the tools of Windows write it; what cannot be one is refused before it is sent'
password_file() { simple "ldaps://$dc1" "{caFile: \"$GMSACTL_LAB_CA\"}" "{file: \"$work/pw\"}"; }
password_file
printf '\377\376' >"$work/pw"
printf '%s\r\n' "$password" | iconv -t UTF-16LE >>"$work/pw"
chmod 600 "$work/pw"
planned_well
assert_not_err GMSA0246
printf '\357\273\277%s\n' "$password" >"$work/pw"
chmod 644 "$work/pw"
planned_well
assert_err 'warning[GMSA0246]: Doubtful password' 'every user of this machine can read'
printf '%s\n# comment\n' "$password" >"$work/pw"
refused "the file $work/pw has 2 lines"

step 'a CA file in the forms of Windows is named before a server is asked'
openssl x509 -in "$GMSACTL_LAB_CA" -outform der -out "$work/ca.cer"
openssl crl2pkcs7 -nocrl -certfile "$GMSACTL_LAB_CA" -out "$work/ca.p7b"
simple ldaps://nowhere.contoso.com "{caFile: \"$work/ca.cer\"}"
refused "$work/ca.cer is a certificate in DER form" "openssl x509 -inform der -in $work/ca.cer -out ca.pem"
simple ldaps://nowhere.contoso.com "{caFile: \"$work/ca.p7b\"}"
refused "$work/ca.p7b is PKCS#7" "openssl pkcs7 -print_certs -in $work/ca.p7b -out ca.pem"

step 'a certificate that the CA file does not vouch for'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=other CA' \
  -keyout "$work/other.key" -out "$work/other.pem" 2>/dev/null
for url in "ldaps://$dc1" "ldap://$dc1"; do
  simple "$url" "{caFile: \"$work/other.pem\"}"
  refused "$url: " 'certificate'
done
simple "ldaps://$dc1" '{mode: auto}'
refused 'certificate'
simple "ldaps://$dc1" '{caFile: "/nonexistent/ca.pem"}'
refused '/nonexistent/ca.pem'

step 'a certificate of another name'
{ cat /etc/hosts; printf '%s dc99.contoso.com\n' "$GMSACTL_LAB_DC1_IP"; } >"$work/hosts"
for url in ldaps://dc99.contoso.com ldap://dc99.contoso.com; do
  simple "$url"
  # shellcheck disable=SC2016 # the inner shell's
  run unshare --mount sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$work/hosts" "$gmsactl" plan -f "$manifests" --timeout 10s
  assert_exit 4
  assert_err "$url: " 'not for dc99.contoso.com' "$dc1"
  assert_not_err "$password"
done

step 'no ticket, an expired ticket'
environment
KRB5CCNAME="FILE:$work/empty" refused "ldap://$dc1: " 'kinit'
# Controllers go on taking a ticket for five minutes, the allowance for clocks; so yesterday's is made from today's.
kinit -k -t "$GMSACTL_LAB_KEYTABS/administrator.keytab" -c "FILE:$work/expired" "Administrator@$GMSACTL_LAB_REALM"
"$python" - "$work/expired" <<'END'
import struct, sys, time
data = bytearray(open(sys.argv[1], "rb").read())
now, aged = time.time(), 0
for at in range(len(data) - 16):
    times = struct.unpack_from(">4I", data, at)  # authtime, starttime, endtime, renew_till
    if abs(times[0] - now) < 900 and abs(times[1] - now) < 900 and now < times[2] < now + 1e6:
        struct.pack_into(">3I", data, at, *(int(moment) - 172800 for moment in times[:3]))
        aged += 1
open(sys.argv[1], "wb").write(data)
sys.exit(aged == 0)
END
KRB5CCNAME="FILE:$work/expired" refused "ldap://$dc1: " 'expired' 'kinit'

step 'an unknown host, a port where nothing listens, no domain controllers in DNS'
environment '  directory: {servers: ["ldap://nowhere.contoso.com"]}'
refused 'ldap://nowhere.contoso.com: '
environment "  directory: {servers: [\"ldap://$dc1:4\"]}"
refused "ldap://$dc1:4: "
environment "  directory: {servers: [\"ldap://nowhere.contoso.com\", \"ldap://$dc1:4\"]}"
refused 'no domain controller of contoso.com could be used; ldap://nowhere.contoso.com: ' "; ldap://$dc1:4: "
environment "  directory: {servers: [\"ldap://nowhere.contoso.com\", \"ldap://$dc1:4\", \"ldap://$dc1\"]}"
planned_well
environment ''
sed -i 's/domain: contoso.com/domain: fabrikam.com/; s/DC=contoso/DC=fabrikam/' "$manifests/environment.yaml"
refused 'finding the domain controllers of fabrikam.com' \
  'help: Use a DNS server that knows fabrikam.com, or name domain controllers in directory.servers of the Environment or with --server.'

step 'a server that has no TLS never gets to see the password'
cat >"$work/listen.py" <<'END'
# Takes LDAP connections, keeps what comes, and answers every request as a server without TLS: an unsolicited refusal.
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
def serve(client):
    while data := client.recv(65536):
        with open(sys.argv[1], "ab") as out:
            out.write(data)
        if len(data) > 4 and data[0] == 0x30 and data[2] == 0x02:  # the message id, and the extended response to it
            client.sendall(b"\x30\x0c\x02\x01" + data[4:5] + b"\x78\x07\x0a\x01\x02\x04\x00\x04\x00")
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
END
"$python" "$work/listen.py" "$work/received" >"$work/port" &
listener=$!
until_true 'the listener' test -s "$work/port"
for scheme in ldap ldaps; do
  simple "$scheme://127.0.0.1:$(<"$work/port")" "{caFile: \"$GMSACTL_LAB_CA\"}"
  refused "$scheme://127.0.0.1:$(<"$work/port"): "
done
simple "ldap://127.0.0.1:$(<"$work/port")" "{mode: startTLS, caFile: \"$GMSACTL_LAB_CA\"}"
refused 'ldap://127.0.0.1'
[[ -s $work/received ]] || failed 'the listener was not asked'
! grep -qF "$password" "$work/received" || failed 'the password went over the wire unprotected'

step 'a password in a manifest, and variables that would choose the server'
simple "ldaps://$dc1" "{caFile: \"$GMSACTL_LAB_CA\"}" 'Secret123'
plan
assert_exit 3
assert_err 'environment.yaml:'
environment
GMSACTL_SERVER="ldap://nowhere.contoso.com" planned_well
assert_err 'GMSACTL_SERVER'

step 'logs at the finest level hold no password'
simple "ldaps://$dc1"
plan --log-level trace
assert_exit 0
assert_err 'connected' "server=ldaps://$dc1"
assert_not_err "$password"
done_well
