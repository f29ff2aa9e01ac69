"""DNS of a large domain: HOLES controllers on loopback addresses that drop packets, and the lab's own controller behind them.
Writes its port.

dns.py PORT-FILE DOMAIN LAB-ADDRESS HOLES PDC-EMULATOR LAB-NAME [ADDRESS]: with an address it listens there on port 53, as
the resolver of a machine asks it, and the holes are KDCs too.
"""
import sys
from names import hole, serve
port_file, domain, ip, holes, pdc, lab = sys.argv[1:4] + [int(sys.argv[4])] + sys.argv[5:7]
system = sys.argv[7] if len(sys.argv) > 7 else ""
net = "127.9.8" if system else "127.9.9"
addresses = {lab: ip}
for i in range(1, holes + 1):
    for port in (389, 88) if system else (389,): hole(f"{net}.{i}", port)
    addresses[f"hole{i}.{domain}"] = f"{net}.{i}"
controllers = [f"hole{i}.{domain}" for i in range(1, holes + 1)] + [lab]
services = {
    "_ldap._tcp.dc._msdcs." + domain: [(0, host, 389) for host in controllers],
    "_ldap._tcp.pdc._msdcs." + domain: [(0, pdc, 389)],
    "_ldap._tcp.here._sites.dc._msdcs." + domain: [(0, lab, 389)],
}
if system:
    for protocol in ("tcp", "udp"):
        services[f"_kerberos._{protocol}.{domain}"] = [(int(host == lab), host, 88) for host in controllers]
serve(port_file, system or "127.0.0.1", 53 if system else 0, addresses, services)
