#!/usr/bin/env bash
# Finding a domain controller where DNS names many that do not answer: how long it takes, which one is used, what is said.
. "$(dirname "$0")/lib.sh"
dns=''
cleanup() { [[ ! $dns ]] || kill "$dns" 2>/dev/null || true; dns=''; }
fresh
manifest objects.yaml <<<$'kind: HostGroup\nmetadata: {name: e2e-disc-hosts}\nspec: {samAccountName: "e2e-disc-${environment}", commonName: "e2e-disc-${environment}", members: [HOST01]}'
environment ''

# DNS over UDP and TCP, as a large domain has it: HOLES controllers on loopback addresses whose queues are full, so that the
# packets of a new connection are dropped as by a firewall, and GOOD names for the lab's own controller. Writes its port.
cat >"$work/dns.py" <<'PYTHON'
import socket, struct, sys, threading
port_file, domain, ip, holes, pdc = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
lab = sys.argv[6]
keep, table, srv = [], {}, []
for i in range(1, holes + 1):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((f"127.9.9.{i}", 389))
    listener.listen(0)
    keep.append(listener)
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        try: filler.connect((f"127.9.9.{i}", 389))
        except BlockingIOError: pass
        keep.append(filler)
    table[f"hole{i}.{domain}"] = f"127.9.9.{i}"
    srv.append(f"hole{i}.{domain}")
table[lab] = ip
srv.append(lab)
def name(text): return b"".join(bytes([len(l)]) + l.encode() for l in text.split(".")) + b"\0"
def record(qname, kind, data): return name(qname) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
def answer(query, tcp):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode()); at += query[at] + 1
    qname, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
    question, records = query[12:at + 5], []
    hosts = []
    if kind == 33 and qname == "_ldap._tcp.dc._msdcs." + domain: hosts = srv
    if kind == 33 and qname == "_ldap._tcp.pdc._msdcs." + domain: hosts = [pdc]
    if kind == 33 and qname == "_ldap._tcp.here._sites.dc._msdcs." + domain: hosts = [lab]
    for host in hosts: records.append(record(qname, 33, struct.pack(">HHH", 0, 100, 389) + name(host)))
    if kind == 1 and qname in table: records.append(record(qname, 1, socket.inet_aton(table[qname])))
    code = 0 if records or qname in table else 3
    full = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0) + question + b"".join(records)
    if not tcp and len(full) > 512: return query[:2] + struct.pack(">HHHHH", 0x8780, 1, 0, 0, 0) + question
    return full
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(("127.0.0.1", 0)); port = udp.getsockname()[1]
tcp = socket.create_server(("127.0.0.1", port))
def over_udp():
    while True:
        query, client = udp.recvfrom(4096); udp.sendto(answer(query, False), client)
threading.Thread(target=over_udp, daemon=True).start()
open(port_file, "w").write(str(port))
while True:
    client = tcp.accept()[0]
    query = client.recv(struct.unpack(">H", client.recv(2))[0]); reply = answer(query, True)
    client.sendall(struct.pack(">H", len(reply)) + reply); client.close()
PYTHON
# domain_of HOLES PDC: DNS of a domain in which HOLES controllers do not answer
domain_of() {
  cleanup
  rm -f "$work/port"
  "$python" "$work/dns.py" "$work/port" "$GMSACTL_LAB_DOMAIN" "$GMSACTL_LAB_DC1_IP" "$1" "$2" "$dc1" &
  dns=$!
  until_true 'the DNS server' test -s "$work/port"
  export GMSACTL_DNS_SERVERS=127.0.0.1:$(<"$work/port")
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
