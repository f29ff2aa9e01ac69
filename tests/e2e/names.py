"""DNS over UDP and TCP, and servers that are not what a client hopes for. Used by dns.py, and by itself:

names.py PORT-FILE JSON, with any of
  "a": {NAME: ADDRESS}, "srv": {NAME: [[PRIORITY, HOST, PORT]]}  what DNS says
  "holes": [[ADDRESS, PORT]]              drop packets, as a firewall does
  "nonsense": [[ADDRESS, PORT]]           answer, but not LDAP; each connection is a line of PORT-FILE.asked
  "relays": [[ADDRESS, PORT, TO, PORT]]   pass everything on
"""
import json, socket, struct, sys, threading
keep = []
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
def each_client(address, port, do):
    listener = socket.create_server((address, port))
    def run():
        while True: threading.Thread(target=do, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
def nonsense(client):
    with open(sys.argv[1] + ".asked", "a") as asked: asked.write("once\n")
    client.recv(4096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    client.close()
def pump(source, target):
    try:
        while data := source.recv(65536): target.sendall(data)
    except OSError: pass
    for end in (source, target):
        try: end.shutdown(socket.SHUT_RDWR)
        except OSError: pass
def relay_to(host, port):
    def relay(client):
        server = socket.create_connection((host, port))
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)
    return relay
def name(text): return b"".join(bytes([len(l)]) + l.encode() for l in text.split(".")) + b"\0"
def record(qname, kind, data): return name(qname) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
def serve(port_file, address, port, addresses, services):
    """Never returns."""
    def answer(query, tcp):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode()); at += query[at] + 1
        qname, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
        question, records = query[12:at + 5], []
        for priority, host, to in services.get(qname, ()) if kind == 33 else ():
            records.append(record(qname, 33, struct.pack(">HHH", priority, 100, to) + name(host)))
        if kind == 1 and qname in addresses: records.append(record(qname, 1, socket.inet_aton(addresses[qname])))
        code = 0 if records or qname in addresses else 3
        full = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0) + question + b"".join(records)
        if not tcp and len(full) > 512: return query[:2] + struct.pack(">HHHHH", 0x8780, 1, 0, 0, 0) + question
        return full
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, port))
    port = udp.getsockname()[1]
    tcp = socket.create_server((address, port))
    def over_udp():
        while True:
            query, client = udp.recvfrom(4096); udp.sendto(answer(query, False), client)
    threading.Thread(target=over_udp, daemon=True).start()
    open(port_file, "w").write(str(port))
    while True:
        client = tcp.accept()[0]
        query = client.recv(struct.unpack(">H", client.recv(2))[0]); reply = answer(query, True)
        client.sendall(struct.pack(">H", len(reply)) + reply); client.close()
if __name__ == "__main__":
    world = json.loads(sys.argv[2])
    for at in world.get("holes", ()): hole(*at)
    for at in world.get("nonsense", ()): each_client(*at, nonsense)
    for at, port, host, to in world.get("relays", ()): each_client(at, port, relay_to(host, to))
    serve(sys.argv[1], "127.0.0.1", 0, world.get("a", {}), world.get("srv", {}))
