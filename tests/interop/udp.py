"""UDP against python's sockets and socat: echo over udp: and unixgram:, the system calls of a turn."""
import os
import re
import socket
import subprocess
import tempfile

import _program as program
from _program import Program, need, run


def client(host="127.0.0.1", port=0, own=None):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    talker = socket.socket(family, socket.SOCK_DGRAM)
    talker.settimeout(20)
    if own:
        talker.bind((own, 0))
    talker.connect((host, port))
    return talker


def stopped(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(") ", 1)[1][0] in "tT"


def test_echo_over_udp_gives_back_each_datagram():
    with Program("ropewalk", "echo", "--listen", "udp://:0?max=65535&rcvbuf=4000000") as server:
        with client(port=server.port) as talker:
            for size in (0, 1, 100, 1472, 8192, 8193, 65507):
                data = os.urandom(size)
                talker.send(data)
                assert talker.recv(70000) == data, size


def test_datagrams_past_the_limit_are_not_echoed_cut():
    with Program("ropewalk", "echo", "--listen", "udp://:0?max=100") as server:
        with client(port=server.port) as talker:
            talker.send(b"x" * 101)
            talker.send(b"y" * 100)
            assert talker.recv(1000) == b"y" * 100


def test_one_command_serves_streams_and_datagrams():
    with Program("ropewalk", "echo", "--listen", "udp://:0", "--listen", "tcp://:0") as server:
        ports = dict(re.findall(r"(udp|tcp)://127\.0\.0\.1:(\d+)", server.output()))
        with client(port=int(ports["udp"])) as talker:
            talker.send(b"datagram")
            assert talker.recv(100) == b"datagram"
        with socket.create_connection(("127.0.0.1", int(ports["tcp"])), 20) as stream:
            stream.sendall(b"stream")
            assert stream.recv(100) == b"stream"


def test_answers_come_from_the_address_that_was_asked():
    # A connected client hears nobody else: it would wait in vain for an answer from another address.
    with Program("ropewalk", "echo", "--public", "--listen", "udp://:0") as server:
        for host, own in (("127.0.0.1", None), ("127.0.0.2", None), ("127.3.2.1", "127.0.0.9"), ("::1", None)):
            try:
                talker = client(host, server.port, own)
            except OSError:
                assert host == "::1"  # this machine has no IPv6
                continue
            with talker:
                talker.send(b"who are you?")
                assert talker.recv(100) == b"who are you?", host


def test_socat_talks_to_echo_over_udp_and_unix():
    need("socat")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "echo.sock")
        with Program("ropewalk", "echo", "--listen", "udp://:0", "--listen", f"unixgram:{path}?mode=600") as server:
            program.wait_for(lambda: os.path.exists(path), 20, "the second port")
            assert os.stat(path).st_mode & 0o777 == 0o600
            assert run("socat", "-t", "5", "-", f"UDP:127.0.0.1:{server.port}", input=b"over UDP") == b"over UDP"
            own = os.path.join(folder, "client.sock")
            assert run("socat", "-t", "5", "-", f"UNIX-SENDTO:{path},bind={own}", input=b"over UNIX") == b"over UNIX"
        assert not os.path.exists(path)


def test_a_service_of_streams_alone_says_so():
    done = subprocess.run([program.binary("ropewalk"), "finger", "--listen", "udp://:0"], capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 4, done
    assert b"streams only" in done.stderr, done.stderr


def test_what_a_turn_answers_is_one_system_call():
    need("strace")
    with tempfile.NamedTemporaryFile("r") as trace:
        wrapper = ("strace", "-f", "-e", "trace=sendmmsg,recvmmsg,sendto,sendmsg", "-o", trace.name)
        try:
            server = Program("ropewalk", "echo", "--listen", "udp://:0", wrapper=wrapper)
        except AssertionError:
            print("skipped: strace may not trace here")
            return
        with server:
            pid = int(subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True,
                                     text=True, check=True).stdout.split()[0])
            with client(port=server.port) as talker:
                os.kill(pid, 19)  # what is sent while it is stopped is there at once when it goes on
                program.wait_for(lambda: stopped(pid), 20, "the server to stop")
                sizes = [10 + i % 7 * 13 for i in range(60)]  # of many sizes: several messages, not one run
                for size in sizes:
                    talker.send(b"x" * size)
                os.kill(pid, 18)
                assert [len(talker.recv(1000)) for _ in sizes] == sizes
            os.kill(pid, 15)  # a strace that writes to a file blocks the signal, and ends with what it traces
            server.process.wait(20)
        lines = trace.read().splitlines()
        sent = [line for line in lines if "sendmmsg(" in line]
        assert len(sent) <= 3, lines  # one, unless the first datagram was taken before it stopped
        assert not any("sendto(" in line or "sendmsg(" in line for line in lines), lines


if __name__ == "__main__":
    program.main(globals())
