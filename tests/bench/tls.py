#!/usr/bin/python3
"""Measures the TLS server against a plain epoll + OpenSSL server, in one run; nginx and HAProxy beside, where installed.

    tls.py BIN                 CPU of the server per operation, and its ratio to the limit: full handshakes (TLS 1.3,
                               ECDSA P-256), resumed ones, small requests on 64 kept connections, bulk of 1 GiB
    tls.py BIN --instructions  user instructions per operation (callgrind, the slope between two counts)
    tls.py BIN --syscalls      system calls per operation (strace -c, the same slope)
    tls.py BIN --idle          memory per idle connection, 5,000 held: over TLS, and in the clear

BIN is the folder with limit_tls, tls_hello and tls_load: build/release/bin/bench. CPU comes from schedstat: what counts
is the ratio of two servers in one run; differences below a tenth are noise.
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

WORK = {"handshake": 4000, "resume": 4000, "requests": 200_000, "bulk": 1 << 30}
UNIT = {"handshake": "us", "resume": "us", "requests": "us", "bulk": "s/GiB"}
INSTRUCTIONS = {"handshake": (100, 400), "resume": (200, 800), "requests": (2_000, 12_000), "bulk": (32 << 20, 96 << 20)}


def certificate(folder):
    """An ECDSA certificate for localhost: its file and its key's."""
    names = [os.path.join(folder, name) for name in ("bench.pem", "bench.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    return names


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Server:
    """A server pinned to CPU 0. `ports` are those of pages, bulk and plain text."""

    def __init__(self, command, ports=0, known=None, prefix=(), pin=True):
        pinned = ["taskset", "-c", "0"] if pin else []
        self.process = subprocess.Popen(pinned + list(prefix) + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ports = known or [int(self.process.stdout.readline()) for _ in range(ports)]
        if known:
            wait_for(known[0])

    def processes(self):
        """It and its children: nginx and HAProxy work in one."""
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
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def nginx(folder, pair):
    port = free_port()
    config = os.path.join(folder, "nginx.conf")
    with open(config, "w") as out:
        out.write(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} ssl backlog=4096; ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};
ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_conf_command NumTickets 1;
location / {{ default_type text/plain; return 200 "hello\\n"; }} }} }}
""")
    return Server(["nginx", "-c", config, "-p", folder], known=[port])


def haproxy(folder, pair):
    port = free_port()
    both = os.path.join(folder, "both.pem")
    with open(both, "w") as out:
        out.write(open(pair[0]).read() + open(pair[1]).read())
    config = os.path.join(folder, "haproxy.cfg")
    with open(config, "w") as out:
        out.write(f"""global
  nbthread 1
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend f
  bind 127.0.0.1:{port} ssl crt {both} backlog 4096
  http-request return status 200 content-type text/plain string "hello\\n"
""")
    return Server(["haproxy", "-f", config, "-db"], known=[port])


def load(folder, server, mode, count, connections=64, pin=True):
    port = server.ports[1] if mode == "bulk" and len(server.ports) > 1 else server.ports[0]
    command = ["taskset", "-c", "1"] if pin else []
    out = subprocess.run([*command, os.path.join(folder, "tls_load"), str(port), mode, str(count), str(connections)],
                         capture_output=True, text=True, check=True).stdout
    done, resumed = (int(word) for word in out.split())
    if mode == "resume" and resumed < done / 2:
        print(f"only {resumed} of {done} handshakes were resumptions")
    return done


def start_all(folder, work, pair):
    servers = {"limit_tls": Server([os.path.join(folder, "limit_tls"), *pair], ports=1),
               "tls_hello": Server([os.path.join(folder, "tls_hello"), *pair], ports=3)}
    if shutil.which("nginx"):
        servers["nginx"] = nginx(work, pair)
    if shutil.which("haproxy"):
        servers["haproxy"] = haproxy(work, pair)
    return servers


def compare(folder, rounds, work, pair):
    figures = {}
    servers = start_all(folder, work, pair)
    names = list(servers)
    try:
        for number in range(rounds):
            for mode, count in WORK.items():
                for name in names if number % 2 == 0 else names[::-1]:
                    if mode == "bulk" and name not in ("limit_tls", "tls_hello"):
                        continue
                    before = servers[name].cpu()
                    done = load(folder, servers[name], mode, count)
                    spent = (servers[name].cpu() - before) / done
                    figures.setdefault(mode, {}).setdefault(name, []).append(spent * (1.073741824 if mode == "bulk" else 1e-3))
    finally:
        for server in servers.values():
            server.stop()
    for mode, by_name in figures.items():
        limits = by_name["limit_tls"]
        for name, values in by_name.items():
            ratios = " ".join(f"{value / limit:.2f}" for value, limit in zip(values, limits))
            median = statistics.median(values)
            print(f"{mode:10} {name:10} {median:8.2f} {UNIT[mode]:6} {median / statistics.median(limits):5.2f}   by round: {ratios}")


def instructions(folder, work, pair):
    for name in ("limit_tls", "tls_hello"):
        for mode, counts in INSTRUCTIONS.items():
            totals = []
            for count in counts:
                out = os.path.join(work, "callgrind")
                server = Server([os.path.join(folder, name), *pair], ports=1 if name == "limit_tls" else 3, pin=False,
                                prefix=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
                load(folder, server, mode, count, connections=1, pin=False)
                server.stop()
                totals.append(int(re.search(r"^totals: (\d+)", open(out).read(), re.M).group(1)))
            print(f"{name:10} {mode:10} {(totals[1] - totals[0]) / (counts[1] - counts[0]):12.1f} user instructions", flush=True)


def calls_of(folder, name, pair, mode, count):
    """The system calls that a server made for so many operations, by name."""
    with tempfile.NamedTemporaryFile("r") as out:
        server = Server([os.path.join(folder, name), *pair], ports=1 if name == "limit_tls" else 3, pin=False,
                        prefix=["strace", "-f", "-c", "-o", out.name])
        load(folder, server, mode, count, connections=16, pin=False)
        os.kill(server.processes()[1], signal.SIGTERM)  # strace ends with it
        server.process.wait()
        lines = [line.split() for line in out]
    rows = [words for words in lines if len(words) >= 5 and words[3].isdigit() and words[-1] != "total"]
    return {words[-1]: int(words[3]) for words in rows}


def syscalls(folder, pair):
    for name in ("limit_tls", "tls_hello"):
        for mode, counts in INSTRUCTIONS.items():
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
    for name, command, ports in (("limit_tls", ["limit_tls"], 1), ("tls_hello", ["tls_hello"], 3)):
        server = Server([os.path.join(folder, *command), *pair], ports=ports, pin=False)
        load(folder, server, "requests", 100, pin=False)
        before = server.resident()
        holder = subprocess.Popen([os.path.join(folder, "tls_load"), str(server.ports[0]), "hold", "0", str(held)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        print(f"{name:10} {(server.resident() - before) / held:8.0f} bytes per idle connection over TLS ({held} held)")
        holder.communicate()
        server.stop()
    server = Server([os.path.join(folder, "tls_hello"), *pair], ports=3, pin=False)
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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--syscalls", action="store_true")
    parser.add_argument("--idle", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        pair = certificate(work)
        if options.instructions:
            instructions(options.folder, work, pair)
        if options.syscalls:
            syscalls(options.folder, pair)
        if options.idle:
            idle(options.folder, options.connections, pair)
        if not (options.instructions or options.syscalls or options.idle):
            compare(options.folder, options.rounds, work, pair)


if __name__ == "__main__":
    main()
