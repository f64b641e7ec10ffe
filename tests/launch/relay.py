"""Hands connections to a port of this machine on to another machine, as `ssh -L` or a router does:
what connects by way of it cannot be connected to. Prints the number of its port.

Usage: relay.py HOST PORT
"""

import socket
import sys
import threading


def pump(source, sink):
    """Moves bytes until there are no more."""
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone, so the other has to learn of it.
        for end in (source, sink):
            end.close()


def main():
    target = (sys.argv[1], int(sys.argv[2]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            here, _ = server.accept()
            there = socket.create_connection(target)
            for ends in ((here, there), (there, here)):
                threading.Thread(target=pump, args=ends, daemon=True).start()


if __name__ == "__main__":
    main()
