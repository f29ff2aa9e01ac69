#!/usr/bin/python3
"""Stands between gmsactl and a domain controller, with TLS on both sides, so that it sees each request, and loses chosen ones.

cut.py ADDRESS CERTIFICATE KEY CONTROL

Prints the port that it listens on. CONTROL is a file of one line, "MODE FIRST EVERY", read anew whenever it changes: of the
requests that write (add, modify, modifyDN, delete), counted from then on, the FIRST and each EVERYth after it are hit, and
the connection that brought them ends. MODE is what becomes of such a request:

  before  it never reaches the controller
  after   it does; the answer never reaches gmsactl
  late    it does, half a second after the connection has ended and gmsactl may have looked

What has been hit is appended to CONTROL.hits, a line each.
"""

import os
import socket
import ssl
import sys
import threading
import time

WRITES = {0x68: "add", 0x66: "modify", 0x6C: "modifyDN", 0x4A: "delete"}
address, certificate, key, control = sys.argv[1:5]
lock = threading.Lock()
state = {"stamp": None, "plan": None, "count": 0}


def message(stream):
    """One LDAP message, whole, or None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    length = head[1]
    if length & 0x80:
        more = stream.read(length & 0x7F)
        head += more
        length = int.from_bytes(more, "big")
    body = stream.read(length)
    return head + body if len(body) == length else None


def operation(raw):
    at = 2 + (raw[1] & 0x7F if raw[1] & 0x80 else 0)
    return raw[at + 2 + raw[at + 1]]


def hit(tag):
    """The mode by which this request is lost, or None."""
    if tag not in WRITES:
        return None
    with lock:
        try:
            stamp = os.stat(control).st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != state["stamp"]:
            mode, first, every = open(control).read().split()
            state.update(stamp=stamp, plan=(mode, int(first), int(every)), count=0)
        state["count"] += 1
        mode, first, every = state["plan"]
        past = state["count"] - first
        if past < 0 or past % every:
            return None
        with open(control + ".hits", "a") as hits:
            print(mode, state["count"], WRITES[tag], file=hits)
        return mode


def end(connection):
    """As the network does. SSLSocket.shutdown() would drop the TLS state, and who still reads here would get ciphertext."""
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


def answers(server, client):
    try:
        while data := server.recv(65536):
            client.sendall(data)
    except OSError:
        pass
    end(client)


def serve(plain):
    try:
        client = to_client.wrap_socket(plain, server_side=True)
        server = to_server.wrap_socket(socket.create_connection((address, 636)))
    except OSError:
        plain.close()
        return
    threading.Thread(target=answers, args=(server, client), daemon=True).start()
    requests = client.makefile("rb")
    try:
        while raw := message(requests):
            mode = hit(operation(raw))
            if mode is None:
                server.sendall(raw)
                continue
            if mode == "after":
                server.sendall(raw)
            end(client)
            if mode == "late":
                time.sleep(0.5)
                server.sendall(raw)
            if mode != "before":
                time.sleep(2)  # the controller is not told that anybody has gone before it has done its work
            break
    except OSError:
        pass
    end(client)
    end(server)


to_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
to_client.load_cert_chain(certificate, key)
to_server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
to_server.check_hostname = False
to_server.verify_mode = ssl.CERT_NONE
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
