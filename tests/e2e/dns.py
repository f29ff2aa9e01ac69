"""DNS over UDP and TCP, as a large domain has it: HOLES controllers on loopback addresses whose queues are full, so that the
packets of a new connection are dropped as by a firewall, and the lab's own controller behind them. Writes its port.

dns.py PORT-FILE DOMAIN LAB-ADDRESS HOLES PDC-EMULATOR LAB-NAME [ADDRESS]: with an address it listens there on port 53, as
the resolver of a machine asks it, and the holes are KDCs too.
"""
import socket, struct, sys, threading
port_file, domain, ip, holes, pdc = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
lab = sys.argv[6]
system = sys.argv[7] if len(sys.argv) > 7 else ""
keep, table, srv = [], {}, []
net = "127.9.8" if system else "127.9.9"
def hole(address, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    keep.append(listener)
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        try: filler.connect((address, port))
        except BlockingIOError: pass
        keep.append(filler)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # never read, so that nobody is told that it is not there
    datagrams.bind((address, port))
    keep.append(datagrams)
for i in range(1, holes + 1):
    for port in (389, 88) if system else (389,): hole(f"{net}.{i}", port)
    table[f"hole{i}.{domain}"] = f"{net}.{i}"
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
    if system and kind == 33 and qname in ("_kerberos._tcp." + domain, "_kerberos._udp." + domain):
        for host in srv: records.append(record(qname, 33, struct.pack(">HHH", int(host == lab), 100, 88) + name(host)))
    if kind == 1 and qname in table: records.append(record(qname, 1, socket.inet_aton(table[qname])))
    code = 0 if records or qname in table else 3
    full = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0) + question + b"".join(records)
    if not tcp and len(full) > 512: return query[:2] + struct.pack(">HHHHH", 0x8780, 1, 0, 0, 0) + question
    return full
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind((system or "127.0.0.1", 53 if system else 0)); port = udp.getsockname()[1]
tcp = socket.create_server((system or "127.0.0.1", port))
def over_udp():
    while True:
        query, client = udp.recvfrom(4096); udp.sendto(answer(query, False), client)
threading.Thread(target=over_udp, daemon=True).start()
open(port_file, "w").write(str(port))
while True:
    client = tcp.accept()[0]
    query = client.recv(struct.unpack(">H", client.recv(2))[0]); reply = answer(query, True)
    client.sendall(struct.pack(">H", len(reply)) + reply); client.close()
