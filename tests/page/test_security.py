import pytest

from monitor.page import security

NAMES = frozenset({"localhost", "nursery", "nursery.local"})


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "NURSERY.local:8080", "nursery.local.", "192.168.1.5:8080",
     "[fd00::5]:8080", "[fe80::1%25eth0]", "10.0.0.1"],
)  # fmt: skip
def test_own_names_and_addresses_are_answered(host):
    assert security.is_own(host, NAMES)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "nursery.local.evil.example", "192.168.1.5.evil.example",
     "localhost:80:80", "localhost:", "localhost:x", "[fd00::5", "[fd00::5]x", "a b", "localhost\t",
     "nursery.local..",
     "127.1", "0x7f.0.0.1", "2130706433", "[evil.example]", "user@localhost", "localhost/x",
     "\u217cocalhost", "localhost:\uff11"],
)  # fmt: skip
def test_a_name_that_somebody_else_may_point_here_is_not(host):
    assert not security.is_own(host, NAMES)


@pytest.mark.parametrize(
    ("fields", "foreign"),
    [
        ({}, False),
        ({"origin": "http://nursery.local:8080"}, False),
        ({"origin": "http://NURSERY.local:8080"}, False),
        ({"origin": "http://nursery.local:8080", "sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://nursery.local"}, True),
        ({"origin": "https://nursery.local:8080"}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"origin": "http://nursery.local:8080.evil.example"}, True),
        ({"origin": "http://[::1"}, True),
        ({"origin": "x" * 10_000}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
    ],
)
def test_a_request_that_another_page_sent_is_told_apart(fields, foreign):
    fields = fields | {"host": "nursery.local:8080"}
    assert security.is_foreign(fields, scheme="http") is foreign


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "http://evil.example", "", "x", "/a\r\nSet-Cookie: a=b",
     "/a\nb", "/" + "x" * 600, "javascript:alert(1)", "/\x00", "/ü", "/a b", "\t/x"],
)  # fmt: skip
def test_a_form_returns_only_to_this_page(path):
    assert security.back_to(path) == "/"


@pytest.mark.parametrize("path", ["/", "/boxes/a", "/boxes/a/babies/possum?days=3#x"])
def test_a_form_returns_to_where_it_was(path):
    assert security.back_to(path) == path


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline_but_the_style():
    said = security.headers("body{}")["content-security-policy"]
    assert "unsafe" not in said
    assert "http" not in said
    assert "*" not in said
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
                 "form-action 'self'", "script-src 'self'"):  # fmt: skip
        assert part in said.split("; ")
