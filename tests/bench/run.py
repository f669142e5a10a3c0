#!/usr/bin/python3
"""Measures the HTTP server against a plain epoll server that parses nothing.

    run.py BIN                 CPU of the server per request, 64 connections, one at a time and 16 deep; ratios
    run.py BIN --instructions  user instructions per request (callgrind, the slope between two counts)
    run.py BIN --syscalls      system calls per request (strace -c)
    run.py BIN --idle          memory per idle connection, 10,000 held

BIN is the folder with http_hello and limit_http: build/release/bin/bench. Wants wrk; valgrind and strace for the modes that
use them. CPU comes from /proc/<pid>/schedstat: what counts is the ratio of two servers in one run; differences below
a tenth are noise.
"""
import argparse
import os
import re
import resource
import socket
import statistics
import subprocess
import tempfile
import time

SERVERS = ["limit_http", "http_hello"]
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"  # as wrk sends it
CURL = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n"
PIPELINE = """
init = function(args)
  local r = {}
  for i = 1, 16 do r[i] = wrk.format(nil, "/") end
  requests = table.concat(r)
end
request = function() return requests end
"""


class Server:
    """One of ours, pinned to CPU 0, on a port of its own choice."""

    def __init__(self, path, prefix=(), arguments=("0",), pin=True):
        command = (["taskset", "-c", "0"] if pin else []) + list(prefix) + [path, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())

    def pid(self):
        """Of the server itself, where a tool started it."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return int(children.stdout.split()[0]) if children.stdout.strip() else self.process.pid

    def cpu(self):
        """Nanoseconds on a CPU so far, of all threads."""
        folder = f"/proc/{self.process.pid}/task"
        return sum(int(open(f"{folder}/{task}/schedstat").read().split()[0]) for task in os.listdir(folder))

    def resident(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as rollup:
            return int(re.search(r"Pss_Anon:\s+(\d+)", rollup.read()).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wrk(port, seconds, script=None):
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]
    if script:
        command[-1:-1] = ["-s", script]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        print(out)
    return requests


def compare(folder, rounds, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(PIPELINE)
        script.flush()
        print(f"{'':14}{'one at a time':>28}{'16 deep':>28}")
        figures = {name: {} for name in SERVERS}
        servers = {name: Server(os.path.join(folder, name)) for name in SERVERS}
        try:
            for round_number in range(rounds):
                order = SERVERS if round_number % 2 == 0 else SERVERS[::-1]
                for deep in (False, True):
                    for name in order:
                        before = servers[name].cpu()
                        done = wrk(servers[name].port, seconds, script.name if deep else None)
                        per_request = (servers[name].cpu() - before) / done / 1000
                        figures[name].setdefault(deep, []).append((per_request, done / seconds))
        finally:
            for server in servers.values():
                server.stop()
    limit = {deep: statistics.median(x[0] for x in figures["limit_http"][deep]) for deep in (False, True)}
    for name in SERVERS:
        cells = ""
        for deep in (False, True):
            cpu = statistics.median(x[0] for x in figures[name][deep])
            rate = statistics.median(x[1] for x in figures[name][deep])
            cells += f"{cpu:8.2f} us {rate:9.0f}/s {cpu / limit[deep]:5.2f}"
        print(f"{name:14}{cells}")
    ratios = {deep: [ours[0] / limits[0] for ours, limits in zip(figures["http_hello"][deep], figures["limit_http"][deep])]
              for deep in (False, True)}
    for deep, values in ratios.items():
        print(f"ratio by round, {'16 deep' if deep else 'one at a time'}: " + " ".join(f"{v:.2f}" for v in values))


def drive(port, count, deep=1, request=REQUEST, connections=1):
    """At least count requests, `deep` in one write on each connection, all answers read before the next are sent."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    sent = 0
    while sent < count:
        for client in clients:
            client.sendall(request * deep)
        sent += deep * connections
        for client in clients:
            answers = 0
            while answers < deep:
                answers += client.recv(65536).count(b"hello\n")
    for client in clients:
        client.close()


def instructions(folder):
    """The slope between two counts: what one more request costs, start and end left out."""
    for name in SERVERS:
        for label, request in (("wrk's", REQUEST), ("curl's", CURL)):
            for deep in (1, 16):
                totals = []
                for count in (1600, 11200):
                    with tempfile.NamedTemporaryFile("r") as out:
                        server = Server(os.path.join(folder, name), pin=False,
                                        prefix=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"])
                        drive(server.port, count, deep, request)
                        server.stop()
                        totals.append(int(re.search(r"^totals: (\d+)", out.read(), re.M).group(1)))
                slope = (totals[1] - totals[0]) / 9600
                print(f"{name:14} {label:6} request, {deep:2} deep: {slope:6.0f} user instructions per request")


def syscalls(folder):
    """The same with strace: 64 connections that ask at once."""
    counts = (1024, 11264)
    for name in SERVERS:
        for deep in (1, 16):
            calls = {}
            for count in counts:
                with tempfile.NamedTemporaryFile("r") as out:
                    server = Server(os.path.join(folder, name), prefix=["strace", "-f", "-c", "-o", out.name], pin=False)
                    drive(server.port, count, deep, connections=64)
                    os.kill(server.pid(), 15)
                    server.process.wait()
                    for line in out:
                        words = line.split()
                        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                            calls.setdefault(words[-1], {})[count] = int(words[3])
            slopes = {call: (at.get(counts[1], 0) - at.get(counts[0], 0)) / (counts[1] - counts[0])
                      for call, at in calls.items()}
            shown = ", ".join(f"{c} {v:.3f}" for c, v in sorted(slopes.items(), key=lambda x: -x[1]) if v >= 0.0005)
            print(f"{name:14} {deep:2} deep: {sum(slopes.values()):.3f} system calls per request ({shown})")


def idle(folder, held):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * held + 100), hard))
    for name in SERVERS:
        server = Server(os.path.join(folder, name), arguments=("0", "600"), pin=False)
        drive(server.port, 100)
        before = server.resident()
        clients = []
        for _ in range(held):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(REQUEST)
            while b"hello\n" not in client.recv(4096):
                pass
            clients.append(client)
        time.sleep(0.5)
        print(f"{name:14} {(server.resident() - before) / held:8.0f} bytes per idle connection ({held} held)")
        for client in clients:
            client.close()
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=10000)
    for mode in ("instructions", "syscalls", "idle"):
        parser.add_argument(f"--{mode}", action="store_true")
    options = parser.parse_args()
    if options.instructions:
        instructions(options.folder)
    if options.syscalls:
        syscalls(options.folder)
    if options.idle:
        idle(options.folder, options.connections)
    if not (options.instructions or options.syscalls or options.idle):
        compare(options.folder, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
