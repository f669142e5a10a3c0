#!/usr/bin/python3
"""Measures an echo of lines against a loop that sends back what it reads.

    lines.py BIN                 CPU of the server per line: 64 connections, one line at a time and 16; 32 bytes each
    lines.py BIN --instructions  user instructions per line (callgrind, the slope between two counts)

BIN is the folder with limit_lines, line_echo and line_load: build/release/bin/bench. Wants valgrind for the mode that uses
it. CPU comes from /proc/<pid>/schedstat: what counts is the ratio within one round; differences below a tenth are noise.
"""
import argparse
import os
import re
import socket
import statistics
import subprocess
import tempfile

from run import Server

SERVERS = ["limit_lines", "line_echo"]
LINE = b"x" * 30 + b"\r\n"


def load(folder, port, seconds, deep):
    command = ["taskset", "-c", "1", os.path.join(folder, "line_load"), str(port), str(seconds), "64", str(deep), str(len(LINE))]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0])


def compare(folder, rounds, seconds):
    figures = {name: {1: [], 16: []} for name in SERVERS}
    servers = {name: Server(os.path.join(folder, name)) for name in SERVERS}
    try:
        for number in range(rounds):
            for deep in (1, 16):
                for name in SERVERS[::1 if number % 2 == 0 else -1]:
                    before = servers[name].cpu()
                    done = load(folder, servers[name].port, seconds, deep)
                    figures[name][deep].append((servers[name].cpu() - before) / done / 1000)
    finally:
        for server in servers.values():
            server.stop()
    for deep in (1, 16):
        for name in SERVERS:
            print(f"{deep:2} deep  {name:12} {statistics.median(figures[name][deep]):7.3f} us a line")
        ratios = [ours / limit for ours, limit in zip(figures["line_echo"][deep], figures["limit_lines"][deep])]
        print(f"{deep:2} deep  ratio {statistics.median(ratios):.2f}, by round: " + " ".join(f"{each:.2f}" for each in ratios))


def drive(port, count, deep):
    with socket.create_connection(("127.0.0.1", port)) as client:
        for _ in range(count // deep):
            client.sendall(LINE * deep)
            left = len(LINE) * deep
            while left > 0:
                left -= len(client.recv(left))


def instructions(folder):
    for name in SERVERS:
        for deep in (1, 16):
            totals = []
            for count in (1600, 11200):
                with tempfile.NamedTemporaryFile("r") as out:
                    server = Server(os.path.join(folder, name), pin=False,
                                    prefix=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"])
                    drive(server.port, count, deep)
                    server.stop()
                    totals.append(int(re.search(r"^totals: (\d+)", out.read(), re.M).group(1)))
            print(f"{name:12} {deep:2} deep: {(totals[1] - totals[0]) / 9600:6.0f} user instructions a line")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    if options.instructions:
        instructions(options.folder)
    else:
        compare(options.folder, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
