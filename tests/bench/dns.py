#!/usr/bin/python3
"""Measures the name server against a recvmmsg/sendmmsg answerer that parses nothing, in one run; NSD and knot beside, where
installed.

    dns.py BIN                   CPU of the server per question and its ratio to the limit: a zone of 10,000 names over UDP,
                                 64 questions in flight, without and with EDNS
    dns.py BIN --instructions    user instructions per question (callgrind, the slope between two counts)
    dns.py BIN --syscalls        system calls per question (strace -c, the same slope)
    dns.py BIN --million         seconds and bytes per record to load a zone of a million records; NSD's and knot's beside

BIN is the folder with limit_dns, dns_server and dns_load: build/release/bin/bench. CPU comes from schedstat: what counts
is the ratio of two servers in one run; differences below a tenth are noise.
"""
import argparse
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

NAMES = 10_000
COUNT = 300_000
INSTRUCTIONS = (2_000, 12_000)
ORIGIN = "bench.test"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, socket.socket() as stream:
        taken.bind(("127.0.0.1", 0))
        stream.bind(("127.0.0.1", taken.getsockname()[1]))
        return taken.getsockname()[1]


def names(count):
    """Names as zones of hosts have them: of 8 to 16 letters, one label below the apex."""
    chance = random.Random(4)
    seen = set()
    while len(seen) < count:
        seen.add("".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=chance.randrange(8, 17))))
    return sorted(seen)


def write_zone(path, labels, addresses=1):
    with open(path, "w") as out:
        out.write(f"$ORIGIN {ORIGIN}.\n$TTL 3600\n@ IN SOA ns hostmaster 1 7200 900 1209600 300\n@ IN NS ns\nns IN A 192.0.2.53\n")
        for at, label in enumerate(labels):
            for number in range(addresses):
                out.write(f"{label} IN A 192.{number}.{at >> 8 & 255}.{at & 255}\n")


def answers(port):
    question = b"\0\1\0\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(part)]) + part.encode() for part in ORIGIN.split(".")) + b"\0\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.1)
        try:
            asker.sendto(question, ("127.0.0.1", port))
            return asker.recv(4096)[3] & 15 == 0
        except OSError:
            return False


class Server:
    """A server pinned to CPU 0."""

    def __init__(self, command, port=0, prefix=(), pin=True):
        pinned = ["taskset", "-c", "0"] if pin else []
        self.started = time.monotonic()
        self.process = subprocess.Popen(pinned + list(prefix) + command, stdout=subprocess.DEVNULL if port else subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.port = port or int(self.process.stdout.readline())
        while port and not answers(port):
            if self.process.poll() is not None or time.monotonic() > self.started + 120:
                raise SystemExit(f"{command[0]} does not answer")
            time.sleep(0.01)

    def processes(self):
        """It and its children, and theirs: NSD answers in a grandchild."""
        found, more = [self.process.pid], [self.process.pid]
        while more:
            out = subprocess.run(["ps", "-o", "pid=", "--ppid", ",".join(map(str, more))], capture_output=True, text=True).stdout
            more = [int(pid) for pid in out.split()]
            found += more
        return found

    def cpu(self):
        total = 0
        for pid in self.processes():
            try:
                folder = f"/proc/{pid}/task"
                total += sum(int(open(f"{folder}/{task}/schedstat").read().split()[0]) for task in os.listdir(folder))
            except OSError:
                pass  # ps itself
        return total

    def private(self):
        """Bytes that it and its children share with nobody else, or with each other."""
        total = 0
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1)) * 1024
            except (OSError, AttributeError):
                pass
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nsd(work, zone):
    port = free_port()
    config = os.path.join(work, "nsd.conf")
    with open(config, "w") as out:
        out.write(f"""server:
  ip-address: 127.0.0.1@{port}
  username: ""
  zonesdir: "{work}"
  database: ""
  pidfile: "{work}/nsd.pid"
  xfrdfile: "{work}/xfrd.state"
  xfrdir: "{work}"
  zonelistfile: "{work}/zone.list"
  server-count: 1
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "{ORIGIN}"
  zonefile: "{zone}"
""")
    return Server(["/usr/sbin/nsd", "-d", "-c", config], port)


def knot(work, zone):
    port = free_port()
    config = os.path.join(work, "knot.conf")
    with open(config, "w") as out:
        out.write(f"""server:
    rundir: "{work}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{work}"
zone:
  - domain: "{ORIGIN}"
    file: "{zone}"
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
""")
    return Server(["/usr/sbin/knotd", "-c", config], port)


OTHERS = {"nsd": nsd, "knot": knot}


def others():
    return {name: start for name, start in OTHERS.items() if os.path.exists(f"/usr/sbin/{name}{'d' if name == 'knot' else ''}")}


def load(folder, server, asked, count, edns=False, window=64, pin=True):
    """Questions that were answered; complains about those that were not, or wrongly."""
    command = ["taskset", "-c", "1"] if pin else []
    out = subprocess.run([*command, os.path.join(folder, "dns_load"), str(server.port), asked, str(count), str(window), "1" if edns else "0"],
                         capture_output=True, text=True, check=True).stdout
    done, wrong, lost, _ = out.split()
    if int(wrong) or int(lost):
        print(f"of {count} questions {wrong} were answered wrongly, {lost} not at all")
    return int(done)


def compare(folder, rounds, work, zone, asked):
    servers = {"limit_dns": Server([os.path.join(folder, "limit_dns")]), "dns_server": Server([os.path.join(folder, "dns_server"), zone])}
    for name, start in others().items():
        servers[name] = start(work, zone)
    figures = {}
    order = list(servers)
    try:
        for number in range(rounds + 1):  # the first warms up
            for edns in (False, True):
                for name in order if number % 2 == 0 else order[::-1]:
                    before = servers[name].cpu()
                    done = load(folder, servers[name], asked, COUNT, edns)
                    if number:
                        figures.setdefault(edns, {}).setdefault(name, []).append((servers[name].cpu() - before) / done / 1000)
    finally:
        for server in servers.values():
            server.stop()
    for edns, by_name in figures.items():
        limits = by_name["limit_dns"]
        for name, values in by_name.items():
            ratios = [value / limit for value, limit in zip(values, limits)]
            print(f"{'EDNS' if edns else 'plain':6}{name:11}{statistics.median(values):7.3f} us {statistics.median(ratios):5.2f}   by round: "
                  + " ".join(f"{ratio:.2f}" for ratio in ratios))


def instructions(folder, work, zone, asked):
    for name in ("limit_dns", "dns_server"):
        for window in (1, 64):
            totals = []
            for count in INSTRUCTIONS:
                out = os.path.join(work, "callgrind")
                server = Server([os.path.join(folder, name), *([zone] if name == "dns_server" else [])], pin=False,
                                prefix=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
                load(folder, server, asked, count, window=window, pin=False)
                server.stop()
                totals.append(int(re.search(r"^totals: (\d+)", open(out).read(), re.M).group(1)))
            print(f"{name:11} window {window:2} {(totals[1] - totals[0]) / (INSTRUCTIONS[1] - INSTRUCTIONS[0]):8.1f} user instructions", flush=True)


def syscalls(folder, zone, asked):
    for name in ("limit_dns", "dns_server"):
        calls = {}
        for count in INSTRUCTIONS:
            with tempfile.NamedTemporaryFile("r") as out:
                server = Server([os.path.join(folder, name), *([zone] if name == "dns_server" else [])], pin=False,
                                prefix=["strace", "-f", "-c", "-o", out.name])
                load(folder, server, asked, count, pin=False)
                os.kill(server.processes()[1], signal.SIGTERM)  # strace ends with it
                server.process.wait()
                for words in (line.split() for line in out):
                    if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                        calls.setdefault(words[-1], {})[count] = int(words[3])
        slopes = {call: (at.get(INSTRUCTIONS[1], 0) - at.get(INSTRUCTIONS[0], 0)) / (INSTRUCTIONS[1] - INSTRUCTIONS[0])
                  for call, at in calls.items()}
        shown = ", ".join(f"{call} {value:.3f}" for call, value in sorted(slopes.items(), key=lambda each: -each[1]) if value >= 0.0005)
        print(f"{name:11} {sum(slopes.values()):.3f} system calls per question ({shown})", flush=True)


def million(folder, rounds, work, records=1_000_000):
    """A zone of a million records, at 500,000 names."""
    zone, empty = os.path.join(work, "million.zone"), os.path.join(work, "empty.zone")
    write_zone(zone, names(records // 2), addresses=2)
    write_zone(empty, [])
    size = os.path.getsize(zone)
    print(f"the file has {size / records:.1f} bytes per record")
    for _ in range(rounds):
        server = Server([os.path.join(folder, "dns_server"), zone])
        held, seconds, grown = server.process.stdout.readline().split()
        small = Server([os.path.join(folder, "dns_server"), empty])
        bytes_each = (server.private() - small.private()) / records
        server.stop()
        small.stop()
        print(f"dns_server  {float(seconds):6.2f} s   {bytes_each:6.1f} bytes per record ({held.decode()} records; while loading it grew by "
              f"{int(grown) / records:.1f})", flush=True)
    for name, start in others().items():
        server = start(work, zone)
        seconds = time.monotonic() - server.started
        big = server.private()
        server.stop()
        server = start(work, empty)
        base = server.private()
        server.stop()
        print(f"{name:11} {seconds:6.2f} s   {(big - base) / records:6.1f} bytes per record", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    for mode in ("instructions", "syscalls", "million"):
        parser.add_argument(f"--{mode}", action="store_true")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="ropewalk-bench-")
    try:
        zone, asked = os.path.join(work, "bench.zone"), os.path.join(work, "names")
        labels = names(NAMES)
        write_zone(zone, labels)
        with open(asked, "w") as out:
            out.write("".join(f"{label}.{ORIGIN}\n" for label in labels))
        if options.instructions:
            instructions(options.folder, work, zone, asked)
        if options.syscalls:
            syscalls(options.folder, zone, asked)
        if options.million:
            million(options.folder, min(options.rounds, 3), work)
        if not (options.instructions or options.syscalls or options.million):
            compare(options.folder, options.rounds, work, zone, asked)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
