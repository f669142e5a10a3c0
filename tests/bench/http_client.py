#!/usr/bin/python3
"""Measures the HTTP client against an epoll client that parses nothing; libcurl's multi interface and Boost.Beast beside, where
they were found when this was built.

    http_client.py BIN                 CPU of the client per GET over kept connections, one at a time and 64; ratios
    http_client.py BIN --instructions  user instructions per GET (callgrind, the slope between two counts), and allocations of ours

BIN is the folder with limit_http and the clients: build/release/bin/bench. Wants valgrind for --instructions. CPU is what wait4
tells: what counts is the ratio of two clients in one round; differences below a tenth are noise.
"""
import argparse
import os
import re
import statistics
import subprocess
import tempfile

from run import Server

CLIENTS = {
    "limit": ["limit_http_client"],
    "Agent": ["http_client"],
    "getPage": ["http_client", "page"],
    "libcurl": ["curl_http_client"],
    "Beast": ["beast_http_client"],
}
ACROSS = (1, 64)
COUNTS = (1_600, 11_200)


def command(folder, name, port, count, across):
    program, *rest = CLIENTS[name]
    return [os.path.join(folder, program), str(port), str(count), str(across), *rest]


def found(folder):
    return [name for name, (program, *_) in CLIENTS.items() if os.access(os.path.join(folder, program), os.X_OK)]


def spent(arguments, count):
    """Microseconds of CPU on core 1 for each of count answers, of which none may be missing."""
    with subprocess.Popen(["taskset", "-c", "1", *arguments], stdout=subprocess.PIPE, text=True) as client:
        answered = client.stdout.read().split()
        _, _, usage = os.wait4(client.pid, 0)
        client.returncode = 0
    if not answered or int(answered[0]) != count:
        raise SystemExit(f"{arguments}: {answered}")
    return (usage.ru_utime + usage.ru_stime) * 1e6 / count


def compare(folder, rounds, count):
    names = found(folder)
    server = Server(os.path.join(folder, "limit_http"))
    try:
        for across in ACROSS:
            figures = {name: [] for name in names}
            for number in range(rounds):
                for name in names[::1 if number % 2 == 0 else -1]:
                    figures[name].append(spent(command(folder, name, server.port, count, across), count))
            for name in names:
                ratios = [ours / limit for ours, limit in zip(figures[name], figures["limit"])]
                print(f"{across:2} at once  {name:8} {statistics.median(figures[name]):7.2f} us a GET, ratio {statistics.median(ratios):.2f}, "
                      "by round: " + " ".join(f"{each:.2f}" for each in ratios))
    finally:
        server.stop()


def instructions(folder):
    """The slope between two counts: what one more GET costs, start and end left out."""
    server = Server(os.path.join(folder, "limit_http"), pin=False)
    try:
        for across in ACROSS:
            for name in found(folder):
                totals = []
                for count in COUNTS:
                    with tempfile.NamedTemporaryFile("r") as out:
                        printed = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
                                                  *command(folder, name, server.port, count, across)],
                                                 capture_output=True, text=True, check=True).stdout.split()
                        totals.append(int(re.search(r"^totals: (\d+)", out.read(), re.M).group(1)))
                slope = (totals[1] - totals[0]) / (COUNTS[1] - COUNTS[0])
                allocations = f", {printed[1]} allocations" if len(printed) > 1 else ""
                print(f"{across:2} at once  {name:8} {slope:6.0f} user instructions per GET{allocations}")
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    if options.instructions:
        instructions(options.folder)
    else:
        compare(options.folder, options.rounds, options.count)


if __name__ == "__main__":
    main()
