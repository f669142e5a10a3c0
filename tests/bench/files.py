#!/usr/bin/python3
"""Measures `ropewalk web` against nginx: CPU of the server for each file that it sends.

    files.py BIN [--rounds N] [--seconds S]

BIN is the folder with ropewalk: build/release/bin. Wants wrk and nginx. One worker each, on CPU 0; wrk on CPU 1 with 64 connections that are
kept. No access logs. CPU comes from /proc/<pid>/schedstat; the rounds are interleaved, and what counts is the ratio within one run.
"""
import argparse
import os
import pwd
import re
import socket
import statistics
import subprocess
import tempfile
import time

from other_servers import free_port, write

SIZES = {"1 KiB": 1024, "100 KiB": 100 * 1024, "1 MiB": 1024 * 1024}


def nginx(folder, site, port, more=""):
    """As Debian sets it up: sendfile, whole packets."""
    os.mkdir(folder)
    account = pwd.getpwuid(os.getuid()).pw_name
    user = f"user {account};" if os.getuid() == 0 else ""
    config = write(os.path.join(folder, "nginx.conf"), f"""{user} daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log /dev/null; events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; {more}
client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} backlog=4096; root {site}; }} }}
""")
    return ["nginx", "-c", config, "-p", folder]


class Server:
    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu(self):
        folder = f"/proc/{self.process.pid}/task"
        return sum(int(open(f"{folder}/{task}/schedstat").read().split()[0]) for task in os.listdir(folder))

    def wait(self):
        """Until it answers; ten seconds at most."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def load(port, name, seconds):
    """Requests that were answered."""
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", f"http://127.0.0.1:{port}/{name}"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        print(out)
    return int(re.search(r"(\d+) requests in", out).group(1))


def measure(servers, name, rounds, seconds):
    figures = {each: [] for each in servers}
    for number in range(rounds):
        for each in list(servers)[::1 if number % 2 == 0 else -1]:
            before = servers[each].cpu()
            done = load(servers[each].port, name, seconds)
            figures[each].append((servers[each].cpu() - before) / done / 1000)
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = os.path.join(folder, "site")
        os.mkdir(site)
        for name, size in SIZES.items():
            with open(os.path.join(site, name.replace(" ", "")), "wb") as out:
                out.write(os.urandom(size))
        ports = free_port(), free_port(), free_port()
        ours = [os.path.join(arguments.folder, "ropewalk"), "web", site, "-l", f"127.0.0.1:{ports[0]}", "--access-log", "off"]
        servers = {"ropewalk": Server(ours, ports[0]),
                   "nginx": Server(nginx(os.path.join(folder, "1"), site, ports[1]), ports[1]),
                   "nginx, files kept open": Server(nginx(os.path.join(folder, "2"), site, ports[2], "open_file_cache max=1000;"), ports[2])}
        try:
            for server in servers.values():
                server.wait()
            for name in SIZES:
                figures = measure(servers, name.replace(" ", ""), arguments.rounds, arguments.seconds)
                medians = {each: statistics.median(values) for each, values in figures.items()}
                for each in servers:
                    ratios = [ours / theirs for ours, theirs in zip(figures["ropewalk"], figures[each])]
                    print(f"{name:8} {each:24} {medians[each]:8.1f} us  ours to it {medians['ropewalk'] / medians[each]:.2f}  by round: "
                          + " ".join(f"{ratio:.2f}" for ratio in ratios))
        finally:
            for server in servers.values():
                server.stop()


if __name__ == "__main__":
    main()
