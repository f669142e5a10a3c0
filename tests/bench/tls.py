#!/usr/bin/python3
"""Measures the TLS server against a plain epoll + OpenSSL server, in one run; nginx, HAProxy and h2o beside, where installed.

    tls.py BIN                 CPU of the server per operation, and its ratio to the limit: full handshakes (TLS 1.3,
                               ECDSA P-256), resumed ones, small requests on 64 kept connections; a download of 1 GiB:
                               bytes a second too, and how busy server and client were. "bulk" is deciphered by the
                               client, "drain" is thrown away by its kernel: there the server is what limits
    tls.py BIN --instructions  user instructions per operation (callgrind, the slope between two counts)
    tls.py BIN --syscalls      system calls per operation (strace -c, the same slope)
    tls.py BIN --idle          memory per idle connection, 5,000 held: over TLS, and in the clear

BIN is the folder with the programs: build/release/bin/bench. There are two limits. limit_tls answers an empty line and
parses nothing, as limit_http does in run.py; limit_https takes the head apart with llhttp and puts an answer with Date
together. CPU comes from schedstat. A single slice is off by a tenth where the machine has neighbours; so they are
short and many, every server has its turn in every round, and what is printed is the median of the rounds' ratios, with
their quartiles.
"""
import argparse
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

import other_servers
import run

WORK = {"handshake": 1000, "resume": 1000, "requests": 40_000, "bulk": other_servers.BULK, "drain": other_servers.BULK}
DOWNLOADS = ("bulk", "drain")
UNIT = {"handshake": "us", "resume": "us", "requests": "us", "bulk": "s/GiB", "drain": "s/GiB"}
INSTRUCTIONS = {"handshake": (100, 400), "resume": (200, 800), "requests": (2_000, 12_000), "bulk": (32 << 20, 96 << 20)}
OURS = {"limit_tls": (1, "limit_tls"), "limit_https": (1, "limit_tls", "--http"), "tls_hello": (3, "tls_hello")}


def certificate(folder):
    """An ECDSA certificate for localhost: its file and its key's."""
    names = [os.path.join(folder, name) for name in ("bench.pem", "bench.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    return names


class Server:
    """A server pinned to CPU 0. `ports` are those of pages, bulk and plain text."""

    def __init__(self, command, ports=0, known=None, prefix=(), pin=True):
        pinned = ["taskset", "-c", "0"] if pin else []
        self.process = subprocess.Popen(pinned + list(prefix) + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ports = known or [int(self.process.stdout.readline()) for _ in range(ports)]
        if known:
            wait_for(known[0])

    def processes(self):
        """It and its children: what strace and valgrind started."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid] + [int(pid) for pid in children.stdout.split()]

    def cpu(self):
        total = 0
        for pid in self.processes():
            folder = f"/proc/{pid}/task"
            total += sum(int(open(f"{folder}/{task}/schedstat").read().split()[0]) for task in os.listdir(folder))
        return total

    def resident(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as rollup:
            return int(re.search(r"Pss_Anon:\s+(\d+)", rollup.read()).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        try:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:  # nginx in valgrind hears of it when it wakes
                socket.create_connection(("127.0.0.1", self.ports[0]), 2).close()
            self.process.wait(10)
        except (subprocess.TimeoutExpired, OSError):
            self.process.kill()
            self.process.wait()


def wait_for(port):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def start(name, folder, work, pair, prefix=(), pin=True):
    if name in OURS:
        ports, program, *options = OURS[name]
        return Server([os.path.join(folder, program), *pair, *options], ports=ports, prefix=prefix, pin=pin)
    port = other_servers.free_port()
    return Server(other_servers.SETUPS[name](work, pair, port), known=[port], prefix=prefix, pin=pin)


def installed():
    return [*OURS, *(name for name in other_servers.SETUPS if shutil.which(name))]


def can(name, mode):
    if mode == "resume" and name in other_servers.NO_RESUME:
        return False
    return not (mode in DOWNLOADS and (name in other_servers.NO_BULK or name == "limit_https"))


class Done:
    """What the load did: operations or bytes, its seconds, the CPU seconds of its own."""

    def __init__(self, folder, server, mode, count, connections=64, pin=True):
        port = server.ports[1] if mode in DOWNLOADS and len(server.ports) > 1 else server.ports[0]
        command = (["taskset", "-c", "1"] if pin else []) + [os.path.join(folder, "tls_load"), str(port), mode, str(count),
                                                            str(connections)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        words = process.stdout.read().split()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            raise SystemExit(f"{' '.join(command)} failed")
        self.count, resumed, microseconds = (int(word) for word in words)
        self.seconds = microseconds / 1e6
        self.cpu = usage.ru_utime + usage.ru_stime
        if mode == "resume" and resumed < self.count / 2:
            print(f"only {resumed} of {self.count} handshakes were resumptions")


def one_slice(folder, server, mode, count):
    """CPU per operation (per GiB), operations (bytes) a second, and the parts of a CPU that server and client used."""
    before = server.cpu()
    done = Done(folder, server, mode, count)
    spent = server.cpu() - before
    unit = (1 << 30) / 1e9 if mode in DOWNLOADS else 1e-3
    return spent / done.count * unit, done.count / done.seconds, spent / 1e9 / done.seconds, done.cpu / done.seconds


def quartiles(values):
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def ratio_text(values, limits):
    low, middle, high = quartiles([value / limit for value, limit in zip(values, limits)])
    return f"{middle:5.2f} ({low:.2f} to {high:.2f})"


def report(mode, slices):
    limits = list(zip(*slices["limit_tls"]))
    for name, rows in slices.items():
        cpu, rate, server_busy, client_busy = zip(*rows)
        line = f"{mode:9} {name:11} CPU {statistics.median(cpu):8.2f} {UNIT[mode]:5} {ratio_text(cpu, limits[0])}"
        if mode in DOWNLOADS:
            line += (f"   {statistics.median(rate) / (1 << 20):6.0f} MiB/s {ratio_text(rate, limits[1])}"
                     f"   busy: server {statistics.median(server_busy):4.0%}, client {statistics.median(client_busy):4.0%}")
        print(line, flush=True)


def compare(folder, rounds, work, pair, modes):
    """Each mode with all servers running: idle ones cost nothing."""
    servers = {name: start(name, folder, work, pair) for name in installed()}
    try:
        for mode in modes:
            names = [name for name in servers if can(name, mode)]
            for name in names:  # warm
                Done(folder, servers[name], mode, WORK[mode])
            slices = {name: [] for name in names}
            for number in range(rounds):
                for name in names if number % 2 == 0 else names[::-1]:
                    slices[name].append(one_slice(folder, servers[name], mode, WORK[mode]))
            report(mode, slices)
    finally:
        for server in servers.values():
            server.stop()


def counted(work, begin, drive):
    """All instructions of a server, from its start to its end."""
    out = os.path.join(work, "callgrind")
    server = begin(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
    drive(server)
    server.stop()
    return int(re.search(r"^totals: (\d+)", open(out).read(), re.M).group(1))


def instructions(folder, work, pair, modes):
    for mode in modes:
        if mode not in INSTRUCTIONS:
            continue
        few, many = INSTRUCTIONS[mode]
        for name in installed():
            if not can(name, mode) or name == "h2o" or (mode in DOWNLOADS and name not in OURS):
                continue  # of h2o callgrind writes down a part
            totals = [counted(work, lambda prefix: start(name, folder, work, pair, prefix, pin=False),
                              lambda server: Done(folder, server, mode, count, connections=1, pin=False))
                      for count in (few, many)]
            print(f"{mode:10} {name:11} {(totals[1] - totals[0]) / (many - few):12.1f} user instructions", flush=True)
        if mode == "requests":
            in_the_clear(folder, work, few, many)


def in_the_clear(folder, work, few, many):
    for name in ("limit_http", "http_hello"):
        totals = [counted(work, lambda prefix: Server([os.path.join(folder, name)], ports=1, prefix=prefix, pin=False),
                          lambda server: run.drive(server.ports[0], count)) for count in (few, many)]
        print(f"{'clear':10} {name:11} {(totals[1] - totals[0]) / (many - few):12.1f} user instructions", flush=True)


def calls_of(folder, name, pair, mode, count):
    """The system calls that a server made for so many operations, by name."""
    with tempfile.NamedTemporaryFile("r") as out:
        server = start(name, folder, None, pair, ["strace", "-f", "-c", "-o", out.name], pin=False)
        Done(folder, server, mode, count, connections=16, pin=False)
        os.kill(server.processes()[1], signal.SIGTERM)  # strace ends with it
        server.process.wait()
        lines = [line.split() for line in out]
    rows = [words for words in lines if len(words) >= 5 and words[3].isdigit() and words[-1] != "total"]
    return {words[-1]: int(words[3]) for words in rows}


def syscalls(folder, pair, modes):
    for name in ("limit_tls", "tls_hello"):
        for mode in (mode for mode in modes if mode in INSTRUCTIONS):
            counts = INSTRUCTIONS[mode]
            few, many = (calls_of(folder, name, pair, mode, count) for count in counts)
            per = (counts[1] - counts[0]) / (1 << 20 if mode == "bulk" else 1)
            slopes = {call: (number - few.get(call, 0)) / per for call, number in many.items()}
            most = sorted(slopes.items(), key=lambda each: -each[1])
            shown = ", ".join(f"{call} {value:.2f}" for call, value in most if value >= 0.005)
            unit = "MiB" if mode == "bulk" else "operation"
            print(f"{name:10} {mode:10} {sum(slopes.values()):6.2f} system calls per {unit} ({shown})", flush=True)


def idle(folder, held, pair):
    """A server of its own for each: freed memory would be used again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, held + 200), hard))
    for name in ("limit_tls", "tls_hello"):
        server = start(name, folder, None, pair, pin=False)
        Done(folder, server, "requests", 100, pin=False)
        before = server.resident()
        holder = subprocess.Popen([os.path.join(folder, "tls_load"), str(server.ports[0]), "hold", "0", str(held)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        print(f"{name:10} {(server.resident() - before) / held:8.0f} bytes per idle connection over TLS ({held} held)")
        holder.communicate()
        server.stop()
    server = start("tls_hello", folder, None, pair, pin=False)
    before = 0
    clients = []
    for number in range(held + 1):  # the first warms up; what TLS freed would be used again
        if number == 1:
            before = server.resident()
        client = socket.create_connection(("127.0.0.1", server.ports[2]))
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        client.recv(4096)
        clients.append(client)
    print(f"tls_hello  {(server.resident() - before) / held:8.0f} bytes per idle connection in the clear ({held} held)")
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--modes", nargs="+", choices=WORK, default=list(WORK), metavar="MODE", help=", ".join(WORK))
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--syscalls", action="store_true")
    parser.add_argument("--idle", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        pair = certificate(work)
        other_servers.public(work)
        if options.instructions:
            instructions(options.folder, work, pair, options.modes)
        if options.syscalls:
            syscalls(options.folder, pair, options.modes)
        if options.idle:
            idle(options.folder, options.connections, pair)
        if not (options.instructions or options.syscalls or options.idle):
            compare(options.folder, options.rounds, work, pair, options.modes)


if __name__ == "__main__":
    main()
