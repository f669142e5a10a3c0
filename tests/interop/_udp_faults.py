"""A bad network for datagrams on loopback: what goes through it is lost, doubled, late, cut, changed or forged, by a rule."""
import itertools
import socket
import threading


class Faults:
    """Forwards datagrams between whoever asks its port and a server. A context manager.
    @param rule  rule(number, datagram) -> the datagrams to send in its place; answers only, counted from 0. A datagram that is
                 a pair (bytes, True) leaves from another port"""

    def __init__(self, upstream, rule):
        self.upstream, self.rule = ("127.0.0.1", upstream), rule
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = self.front.getsockname()[1]
        self.numbers = itertools.count()
        self.questions = 0
        self.ended = False
        self.backs = []
        threading.Thread(target=self._questions, daemon=True).start()

    def _questions(self):
        while not self.ended:
            question, asker = self.front.recvfrom(65535)
            if not question:
                return
            self.questions += 1
            back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            back.settimeout(20)
            back.connect(self.upstream)
            back.send(question)
            self.backs.append(back)
            threading.Thread(target=self._answer, args=(back, asker), daemon=True).start()

    def _answer(self, back, asker):
        try:
            answer = back.recv(65535)
            for out in self.rule(next(self.numbers), answer):
                data, strange = out if isinstance(out, tuple) else (out, False)
                (self.stranger if strange else self.front).sendto(data, asker)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        for each in (*self.backs, self.stranger):
            each.close()


def flipped(data, at, mask=1):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]


def renamed(data):
    """The answer to another question: the first letter of the asked name is another."""
    return flipped(data, 13, 2)


def looped(data):
    """The name in the question points to itself (CVE-2026-42304 and its elders)."""
    return data[:12] + b"\xc0\x0c" + data[14:]


def in_turns():
    """Holds the first answer back until the second has come: they arrive in reverse."""
    held = []

    def rule(_, data):
        if held:
            return [data, held.pop()]
        held.append(data)
        return []
    return rule


# Rules that a resolver must get past, since every other answer is good, or a good one follows.
RULES = {
    "every other answer lost": lambda number, data: [] if number % 2 == 0 else [data],
    "twice": lambda _, data: [data, data],
    "three times": lambda _, data: [data] * 3,
    "the first cut in half": lambda number, data: [data[:len(data) // 2]] if number % 2 == 0 else [data],
    "a wrong id before it": lambda _, data: [flipped(data, 0), data],
    "another question before it": lambda _, data: [renamed(data), data],
    "from a wrong port before it": lambda _, data: [(flipped(data, len(data) - 1), True), data],
    "a name in a loop before it": lambda _, data: [looped(data), data],
    "garbage before it": lambda _, data: [b"", b"\0", data[:11], b"\xff" * 600, data],
    "the question before it": lambda _, data: [flipped(data, 2, 0x80), data],
}
