#!/usr/bin/env python3
"""Plants one bad include after the other in an empty tree: each must be found, and its innocent neighbour must not."""

import os
import sys
import tempfile
import unittest

import includes


def violations(files):
    """What includes.py says of a tree of these files: {path: includes}."""
    with tempfile.TemporaryDirectory() as root:
        for path, names in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                if isinstance(names, str):
                    file.write(names)
                else:
                    file.write("// a file\n" + "".join(f"#include {name}\n" for name in names))
        return includes.check(root)


OURS = '"ropewalk/{}"'.format

BAD = {
    "core includes a protocol": ("core/net/tcp.cc", OURS("protocols/basic/line_receiver.h")),
    "async includes net": ("core/async/clock.cc", OURS("core/net/reactor.h")),
    "base includes async": ("core/base/log.cc", OURS("core/async/deferred.h")),
    "net includes the test kit": ("core/net/tcp.h", OURS("core/testing/clock.h")),
    "a codec includes the reactor": ("protocols/http/request_parser.h", OURS("core/net/reactor.h")),
    "a codec includes Deferred": ("protocols/http/uri.cc", OURS("core/async/deferred.h")),
    "a protocol includes a server": ("protocols/http/message.h", OURS("servers/http/site.h")),
    "ssl includes a protocol": ("ssl/context.cc", OURS("protocols/http/uri.h")),
    "ssl/crypto includes ssl": ("ssl/crypto/signature.cc", OURS("ssl/errors.h")),
    "ssl/crypto includes what is private to ssl": ("ssl/crypto/detail/raw_keys.h", OURS("ssl/detail/openssl.h")),
    "ssl/crypto includes net": ("ssl/crypto/signature.cc", OURS("core/net/address.h")),
    "a client includes a server": ("clients/http/agent.cc", OURS("servers/http/site.h")),
    "a server includes a client": ("servers/http/site.cc", OURS("clients/http/agent.h")),
    "a library includes the tests": ("core/base/text.cc", '"tests/catch.h"'),
    "a neighbour that is not there": ("core/base/text.cc", '"text.h"'),
    "a neighbour by its whole path": ("core/base/text.cc", OURS("core/base/text.h")),
    "another folder by a relative path": ("core/net/tcp.cc", '"loop/loop.h"'),
    "the private header of another module": ("core/service/service.cc", OURS("core/net/stream/detail/port.h")),
    "a private header in a public one": ("core/net/reactor.h", OURS("core/net/detail/table.h")),
    "the command's header in a public one": ("servers/http/site.h", OURS("servers/app/report.h")),
    "a client includes the command": ("clients/http/agent.cc", OURS("clients/app/report.h")),
    "a client command includes a server": ("clients/app/command_fetch.cc", OURS("servers/http/site.h")),
    "a library includes an example": ("core/base/text.cc", OURS("examples/hello.h")),
    "fmt in a public header": ("core/base/format.h", "<fmt/format.h>"),
    "fmt outside core/base": ("core/net/tcp.cc", "<fmt/format.h>"),
    "spdlog outside the log": ("core/base/text.cc", "<spdlog/spdlog.h>"),
    "c-ares outside core/net/dns": ("core/net/tcp.cc", "<ares.h>"),
    "c-ares in a public header": ("core/net/dns/resolver.h", "<ares.h>"),
    "llhttp outside protocols/http": ("protocols/basic/line.cc", "<llhttp.h>"),
    "OpenSSL outside ssl": ("clients/http/agent.cc", "<openssl/ssl.h>"),
    "json.hpp in a public header": ("servers/http/json.h", "<nlohmann/json.hpp>"),
    "CLI11 outside the command": ("servers/http/site.cc", "<CLI/CLI.hpp>"),
    "iostream in a public header": ("core/base/log.h", "<iostream>"),
    "regex in a public header": ("servers/http/router.h", "<regex>"),
    "a library that nobody decided on": ("core/base/text.cc", "<boost/asio.hpp>"),
}

GOOD = {
    "net includes async and base": ("core/net/tcp.h", OURS("core/async/deferred.h")),
    "a receiver includes net": ("protocols/basic/line_receiver.h", OURS("core/net/protocol.h")),
    "a codec includes core/base": ("protocols/http/uri.h", OURS("core/base/result.h")),
    "the command includes a client": ("servers/app/app.cc", OURS("clients/http/agent.h")),
    "the command includes the client commands": ("servers/app/app.cc", OURS("clients/app/commands.h")),
    "fmt in a source of core/base": ("core/base/format.cc", "<fmt/format.h>"),
    "iostream in a source": ("servers/app/main.cc", "<iostream>"),
    "json_fwd in a public header": ("servers/http/json.h", "<nlohmann/json_fwd.hpp>"),
    "the kernel": ("core/net/epoll_poller.cc", "<sys/epoll.h>"),
    "a private header of the same module": ("core/net/reactor.cc", OURS("core/net/stream/detail/port.h")),
    "a private header of ssl": ("ssl/development.cc", OURS("ssl/detail/openssl.h")),
    "ssl includes what is private to ssl/crypto": ("ssl/detail/pem.cc", OURS("ssl/crypto/detail/openssl.h")),
    "ssl/crypto includes core/base and itself": ("ssl/crypto/aead.cc", OURS("core/base/format.h"), OURS("ssl/crypto/detail/openssl.h")),
    "llhttp in a detail header": ("protocols/http/detail/llhttp_settings.h", "<llhttp.h>"),
}


class Includes(unittest.TestCase):
    def test_each_planted_violation_is_found_at_its_line(self):
        for what, (path, include) in BAD.items():
            with self.subTest(what):
                found = violations({path: [include]})
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{path}:2: "), found)

    def test_each_lawful_include_passes(self):
        for what, (path, *names) in GOOD.items():
            with self.subTest(what):
                self.assertEqual(violations({path: names}), [])

    def test_a_neighbour_is_included_by_its_name(self):
        self.assertEqual(violations({"core/net/tcp.cc": ['"tcp.h"'], "core/net/tcp.h": []}), [])

    def test_private_headers_may_include_third_party_headers(self):
        for path, name in {"core/net/dns/detail/channel.h": "<ares.h>", "clients/app/command_line.h": "<CLI/CLI.hpp>"}.items():
            self.assertEqual(violations({path: [name]}), [])

    def test_a_server_uses_the_client_of_its_protocol_in_files_that_its_readme_lists(self):
        readme = "# dns\n\n## Uses the client of its protocol\n\n- `a/forwarder.h`, `a/forwarder.cc`: it asks others\n\n## More\n\n- `server.cc`\n"
        client = [OURS("clients/dns/client.h")]
        listed = {"servers/dns/README.md": readme, "servers/dns/a/forwarder.h": client, "servers/dns/a/forwarder.cc": client}
        self.assertEqual(violations(listed), [])
        found = violations(listed | {"servers/dns/server.cc": client})
        self.assertEqual([line.split(": ")[0] for line in found], ["servers/dns/server.cc:2"])
        found = violations(listed | {"servers/dns/a/forwarder.cc": [OURS("clients/http/agent.h")]})
        self.assertEqual([line.split(": ")[0] for line in found], ["servers/dns/a/forwarder.cc:2"])

    def test_a_readme_lists_no_file_that_uses_no_client(self):
        readme = "## Uses the client of its protocol\n\n- `forwarder.cc`: it asked others once\n- `gone.cc`: it is not there\n"
        found = violations({"servers/dns/README.md": readme, "servers/dns/forwarder.cc": [OURS("core/net/reactor.h")]})
        self.assertEqual([line.split(": ")[0] for line in found], ["servers/dns/README.md:3", "servers/dns/README.md:4"])

    def test_two_protocols_that_include_each_other_are_found(self):
        found = violations(
            {"protocols/a/a.h": [OURS("protocols/b/b.h")], "protocols/b/b.h": [OURS("protocols/a/a.h")]}
        )
        self.assertEqual(found, ["protocols/a and protocols/b include each other"])


if __name__ == "__main__":
    sys.exit(unittest.main())
