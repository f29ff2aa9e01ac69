#!/usr/bin/python3
"""Stands between a client and a server on a loopback port, so that a script can have the network fail.

relay.py ADDRESS PORT REFUSE

Prints the port that it listens on. SIGUSR1 ends every connection; while the file REFUSE exists, new ones end at once.
"""

import os
import signal
import socket
import sys
import threading

open_sockets = set()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def cut(*_):
    for end in list(open_sockets):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    address, port, refuse = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    signal.signal(signal.SIGUSR1, cut)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client = listener.accept()[0]
        if os.path.exists(refuse):
            client.close()
            continue
        server = socket.create_connection((address, port))
        open_sockets.update((client, server))
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=pump, args=(source, sink), daemon=True).start()


if __name__ == "__main__":
    main()
