#!/usr/bin/python3
"""Measures UDP echo against a recvmmsg/sendmmsg loop that parses nothing.

    udp.py BIN              CPU of the server per datagram: one peer with 64 in flight, 64 peers with one; 64 and 1200 bytes
    udp.py BIN --syscalls   system calls per datagram (strace -c)

BIN is the folder with limit_udp, udp_echo and udp_load: build/release/bin/bench. Wants strace for the mode that uses it. CPU
comes from /proc/<pid>/schedstat: what counts is the ratio to limit_udp in the same run; differences below a twentieth are
noise. "echo" makes an Address of every sender, "echo peer" none; "echo any" is bound to every interface, so that answers carry
their source; "echo gro" takes runs of datagrams from the kernel. One peer gets runs of equal answers: there ours sends by
UDP_SEGMENT, and the limit does not.
"""
import argparse
import os
import re
import statistics
import subprocess
import tempfile

from run import Server

SERVERS = {"limit": ("limit_udp",), "echo": ("udp_echo", ""), "echo peer": ("udp_echo", "peer"),
           "echo any": ("udp_echo", "any"), "echo gro": ("udp_echo", "gro")}
LOADS = {"one peer, 64 B": (1, 64, 64), "64 peers, 64 B": (64, 1, 64), "64 peers, 1200 B": (64, 1, 1200)}


def start(folder, name, **options):
    program, *mode = SERVERS[name]
    return Server(os.path.join(folder, program), arguments=("0", *mode), **options)


def load(folder, port, seconds, sockets, in_flight, size):
    command = ["taskset", "-c", "1", os.path.join(folder, "udp_load"), str(port), str(seconds), str(sockets),
               str(in_flight), str(size)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers, lost = map(int, re.match(r"(\d+) answers, (\d+) lost", out).groups())
    if lost > answers / 100:
        print(f"  {lost} of {answers + lost} lost")
    return answers


def compare(folder, rounds, seconds):
    figures = {name: {} for name in SERVERS}
    servers = {name: start(folder, name) for name in SERVERS}
    try:
        for round_number in range(rounds):
            order = list(SERVERS) if round_number % 2 == 0 else list(SERVERS)[::-1]
            for what, shape in LOADS.items():
                for name in order:
                    before = servers[name].cpu()
                    answers = load(folder, servers[name].port, seconds, *shape)
                    cost = (servers[name].cpu() - before) / answers / 1000
                    figures[name].setdefault(what, []).append((cost, answers / seconds))
    finally:
        for server in servers.values():
            server.stop()
    print(f"{'':10}" + "".join(f"{what:>28}" for what in LOADS))
    for name in SERVERS:
        cells = ""
        for what in LOADS:
            ratio = statistics.median(mine[0] / limit[0]
                                      for mine, limit in zip(figures[name][what], figures["limit"][what]))
            cost = statistics.median(x[0] for x in figures[name][what])
            rate = statistics.median(x[1] for x in figures[name][what])
            cells += f"{cost:8.3f} us {rate:9.0f}/s {ratio:5.2f}"
        print(f"{name:10}{cells}")


def syscalls(folder):
    """The slope between two runs would need a fixed count; per answer, one run of a second is near enough."""
    for name in SERVERS:
        for what, shape in LOADS.items():
            with tempfile.NamedTemporaryFile("r") as out:
                server = start(folder, name, prefix=["strace", "-f", "-c", "-o", out.name], pin=False)
                answers = load(folder, server.port, 1, *shape)
                os.kill(server.pid(), 15)
                server.process.wait()
                calls = {}
                for line in out:
                    words = line.split()
                    if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                        calls[words[-1]] = int(words[3]) / answers
            shown = ", ".join(f"{c} {v:.3f}" for c, v in sorted(calls.items(), key=lambda x: -x[1]) if v >= 0.001)
            print(f"{name:10} {what:18} {sum(calls.values()):.3f} system calls per datagram ({shown})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--syscalls", action="store_true")
    options = parser.parse_args()
    if options.syscalls:
        syscalls(options.folder)
    else:
        compare(options.folder, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
