"""What tests of greedy clients share: who asks and never reads, what a server holds meanwhile, who is let go."""
import re
import select
import socket
import ssl
import time

import _program as program
from _program import wait_for

CLIENTS = 10
BOUND = 32 << 20  # ten clients, of whom each may have 256 KiB waiting, one piece read and one answer

if program.sanitized("ropewalk"):
    print("skipped: the memory of a sanitized program tells nothing")
    raise SystemExit(77)


def rss(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def greedy_socket(port):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    client.settimeout(20)
    client.connect(("127.0.0.1", port))
    return client


def push(client, data):
    """Sends until the server takes no more for a second, or has cut us off. Returns how much it took."""
    client.setblocking(False)
    sent, last = 0, time.monotonic()
    while sent < len(data) and time.monotonic() - last < 1:
        try:
            sent += client.send(data[sent:sent + 65536])
            last = time.monotonic()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            select.select([], [client], [], 0.05)
        except OSError:
            break
    return sent


def cut_off(client):
    """Whether the connection is reset: without reading anything."""
    poll = select.poll()
    poll.register(client, 0)
    return bool(poll.poll(0))


def besiege(server, connect, questions, serves):
    """Ten clients ask; memory stays in the bound, others are served, and the ten are let go."""
    serves()
    before = rss(server)
    clients, most = [], 0
    for _ in range(CLIENTS):
        clients.append(connect())
        taken = push(clients[-1], questions)
        assert taken < len(questions), "the server took all that was asked"
        most = max(most, rss(server) - before)
    serves()
    assert most < BOUND, f"it took {most >> 20} MiB more"
    return clients


def let_go(clients, seconds=60):
    wait_for(lambda: all(cut_off(each) for each in clients), seconds, "the clients to be cut off")
