"""Clients of the small servers and of the examples that answer, or push: they send and never read. Memory stays within a bound; whoever
takes nothing is let go."""
import select
import socket
import tempfile

import _program as program
from _program import Program, wait_for
from _siege import besiege, cut_off, greedy_socket, let_go, push, rss


def echo_serves(port):
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(b"hello")
        assert client.recv(5, socket.MSG_WAITALL) == b"hello"


def test_echo():
    with Program("ropewalk", "echo", "-l", ":0") as server:
        let_go(besiege(server, lambda: greedy_socket(server.port), b"x" * (64 << 20), lambda: echo_serves(server.port)))


def test_the_simplest_echo():
    with Program("examples/echo_server", "0") as server:
        besiege(server, lambda: greedy_socket(server.port), b"x" * (64 << 20), lambda: echo_serves(server.port))


def test_lines_that_are_answered():
    with Program("examples/timestamp_server", "0") as server:
        def serves():
            with socket.create_connection(("127.0.0.1", server.port), 20) as client:
                client.sendall(b"hello\r\n")
                assert b"hello\r\n" in client.recv(1000)
        let_go(besiege(server, lambda: greedy_socket(server.port), b"x\r\n" * 10_000_000, serves))


def test_generated_characters():
    """Ten ask without a word, and take nothing of what never ends."""
    with Program("ropewalk", "chargen", "-l", ":0") as server:
        before = rss(server)
        clients = [greedy_socket(server.port) for _ in range(10)]
        wait_for(lambda: all(select.select([each], [], [], 0)[0] for each in clients), 20, "the first characters")
        with greedy_socket(server.port) as another:
            assert another.recv(74, socket.MSG_WAITALL)[:3] == b" !\""
        assert rss(server) - before < 8 << 20


def test_a_question_without_an_end():
    with tempfile.NamedTemporaryFile("w") as people:
        people.write("ann at work\n")
        people.flush()
        with Program("ropewalk", "finger", "-l", ":0", "--file", people.name) as server:
            before = rss(server)
            clients = [greedy_socket(server.port) for _ in range(10)]
            for client in clients:
                assert push(client, b"a" * (64 << 20)) < 64 << 20
            assert rss(server) - before < 8 << 20
            assert b"at work" in program.raw(server.port, b"ann\r\n")


def test_members_of_a_chat():
    """One does not read; another says 96 MB."""
    with Program("examples/chat", "0") as server:
        def member(name):
            client = greedy_socket(server.port)
            client.sendall(name + b"\r\n")
            while b"welcome" not in client.recv(1000):
                pass
            return client
        deaf, loud = member(b"deaf"), member(b"loud")
        before = rss(server)
        line = b"x" * 16_000 + b"\r\n"
        for _ in range(96_000_000 // len(line)):
            loud.sendall(line)
        wait_for(lambda: cut_off(deaf), 20, "the one who does not read to be cut off")
        loud.sendall(b"still here\r\n")
        assert server.alive()
        assert rss(server) - before < 8 << 20, f"{rss(server) - before >> 20} MiB"


if __name__ == "__main__":
    program.main(globals())
