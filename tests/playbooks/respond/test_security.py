"""What logs show of attacks: found, counted in windows, told apart from what is usual."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.lines.masks import LineMask
from playbooks.lines.requests import said_of
from playbooks.lines.security import Look, look_through
from playbooks.model.security import Security
from playbooks.model.security_patterns import READY_MADE
from playbooks.respond.conditions import judged
from playbooks.respond.security import Memory, Seen, readings_of, remembered, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
_ALL = Security(use=("nginx", "postgres", "app"), large_response_bytes=1_000_000, top_sources=3)
_ACCESS = '{} - - [22/Nov/2026:09:00:00 +0000] "GET {} HTTP/1.1" {} {} "-" "curl/8"'
_ATTACKS = [
    ("sql-injection", _ACCESS.format("1.2.3.4", "/i?id=1%27%20OR%20%271%27=%271", 200, 5)),
    ("sql-injection", _ACCESS.format("1.2.3.4", "/i?id=1+UNION+ALL+SELECT+name+FROM+u", 200, 5)),
    ("sql-injection", "query failed: x'; DROP TABLE people; --"),
    ("path-traversal", _ACCESS.format("1.2.3.4", "/../../../etc/passwd", 400, 5)),
    ("path-traversal", _ACCESS.format("1.2.3.4", "/%2e%2e%2f%2e%2e%2fsecrets", 400, 5)),
    ("script-injection", _ACCESS.format("1.2.3.4", "/?q=%3Cscript%3Ealert(1)", 200, 5)),
    ("shell-injection", "User-Agent: ${jndi:ldap://203.0.113.1/a}"),
    ("probing", _ACCESS.format("1.2.3.4", "/.env", 404, 5)),
    ("failed-login", _ACCESS.format("1.2.3.4", "/admin", 401, 5)),
    ("failed-login", 'FATAL:  password authentication failed for user "harbor"'),
    ("failed-login", 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "x"'),
    ("failed-login", '{"level": "warn", "msg": "login failed", "ip": "10.0.0.9"}'),
    ("failed-login", "2026-11-22 WARN invalid username or password from 10.0.0.9"),
    ("permission-denied", "ERROR:  permission denied for table secrets"),
    ("token-refused", "401 invalid token for 10.0.0.9"),
    ("large-response", _ACCESS.format("1.2.3.4", "/dump", 200, 5_000_000)),
    ("large-response", '{"status": 200, "bytes": 2000000, "remote_addr": "10.0.0.9"}'),
]
_ORDINARY = [
    _ACCESS.format("1.2.3.4", "/orders?select=open&union=west", 200, 512),
    "INFO update of 3 rows done, 2 delete statements queued",
    "INFO DROP was not needed; select the union of both",
    'LOG:  connection authorized: user="harbor" database="harbor"',
    '{"level": "info", "msg": "login succeeded", "ip": "10.0.0.9"}',
    "GET /docs/../index.html 200",
    "it's 5 or 6 o'clock and all is well",
    "checkpoint complete: wrote 44 buffers (0.3%)",
]


def looked(*lines: str, security: Security = _ALL) -> Look:
    size = security.large_response_bytes
    large = ("large-response", size) if size else None
    return look_through(lines, security.looked_for(), large, LineMask())


@pytest.mark.parametrize(("name", "line"), _ATTACKS)
def test_the_shape_of_an_attack_is_found(name: str, line: str) -> None:
    """Each of them by the ready-made pattern of its kind."""
    assert name in looked(line).hits


@pytest.mark.parametrize("line", _ORDINARY)
def test_ordinary_lines_are_left_alone(line: str) -> None:
    """The words alone are no attack."""
    assert not looked(line).hits


_PIECES = st.sampled_from(
    [
        *(
            "'",
            "%27",
            " or ",
            "or 1",
            "union ",
            "union+all+",
            "select",
            "../",
            "%2e%2e%2f",
            "..%5c",
        ),
        *("drop ", "delete%20", "a" * 40, " " * 40, "+" * 40, "%20" * 20, "${jndi:", "| sh ", ";"),
        *("401 ", " 401 1", "FATAL:  ", "FATAL: " + " " * 30, "login ", "failed ", "1.2.3.4 "),
        *('user "', "x" * 200, "[", '"GET ', 'HTTP/1.1" 200 ', "1" * 30, "é", "\x00", "::1 "),
        *('"', "{", "\\"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=120).map("".join), st.integers(1, 40))
def test_no_ready_made_pattern_runs_wild(piece: str, times: int) -> None:
    """Whatever is written, line by line of up to 4,000 characters: each is matched in time."""
    line = (piece * times)[:4_000]
    found = looked(line, line[::-1])
    assert found.troubles == {}
    slowly = look_through([line, line[::-1]], _ALL.looked_for(), None, LineMask(), words={})
    assert slowly.hits.keys() == found.hits.keys() - {"large-response"}, "words leave nothing out"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=4_000))
def test_any_text_is_read(text: str) -> None:
    """What a line says of a request can always be told, or that it says nothing."""
    said = said_of(text)
    assert said.size is None or said.size >= 0
    assert looked(text).read == 1


def test_a_pattern_of_somebody_that_runs_wild_is_given_up_alone() -> None:
    """The others go on, in the same line and after it."""
    security = Security(use=("app",), patterns={"wild": "(a|aa)+$"})
    found = looked("a" * 80 + "! login failed", "login failed", security=security)
    assert "too long" in found.troubles["wild"] and found.hits["failed-login"].count == 2


def test_examples_have_no_secrets_and_sources_are_bounded() -> None:
    """Passwords are masked; ten thousand sources are counted as at most some hundred."""
    lines = [f"login failed password=hunter2-x from 10.{n // 65536}.{n // 256 % 256}.{n % 256}"
             for n in range(10_000)]  # fmt: skip
    hits = looked(*lines).hits["failed-login"]
    assert hits.count == 10_000 and len(hits.sources) < 600
    assert len(hits.examples) == 3 and not any("hunter2" in each for each in hits.examples)


@pytest.mark.parametrize(
    ("line", "source", "size"),
    [
        (_ACCESS.format("2001:db8::7", "/", 200, 12), "2001:db8::7", 12),
        (_ACCESS.format("1.2.3.4", "/", 304, "-"), "1.2.3.4", None),
        ('{"status": "200", "client_ip": "10.0.0.9", "body_bytes_sent": "77"}', "10.0.0.9", 77),
        ('INFO: 10.0.0.9:51234 - "GET /health HTTP/1.1" 200 OK', "10.0.0.9", None),
        ("version 1.2.3.4.5 of 999.1.1.1", "", None),
    ],
)
def test_sources_and_sizes_are_read(line: str, source: str, size: int | None) -> None:
    """Of access logs, of JSON, and of lines that name an address somewhere."""
    assert (said_of(line).source, said_of(line).size) == (source, size)


def told(security: Security, memory: Memory, at: datetime) -> dict[str, float]:
    """What fires, and by what value."""
    found = judged(rules_of(security), {}, readings_of(security, memory, at), at)
    return {f"{e.rule.name} {e.reading.subject}".strip(): e.reading.value for e in found.fired}


def test_lines_are_counted_in_a_window_that_moves_on() -> None:
    """Four and one within ten minutes fire at five; eleven minutes later they do not."""
    security = Security(use=("app",), counts={"failed-login": {"at_least": 5}})
    memory = Memory(began_at=NOW)
    for minutes, count in ((0, 4), (9, 1), (11, 1)):
        at = NOW + timedelta(minutes=minutes)
        look = looked(*["login failed from 10.0.0.9"] * count, security=security)
        memory = remembered(memory, security, [Seen(at=at, service="api", look=look)], at)
        expected = {"security-failed-login": 5.0} if minutes == 9 else {}
        assert told(security, memory, at) == expected


def test_by_source_each_is_counted_for_itself() -> None:
    """Many that fail once are no attack of one; who fails often is named."""
    security = Security(patterns={"no": "denied"}, counts={"no": {"at_least": 3, "by": "source"}})
    lines = [f"denied 10.0.0.{n}" for n in range(20)] + ["denied 203.0.113.7"] * 3
    seen = Seen(at=NOW, service="api", look=looked(*lines, security=security))
    memory = remembered(Memory(began_at=NOW), security, [seen], NOW)
    assert told(security, memory, NOW) == {"security-no 203.0.113.7": 3.0}


def test_a_source_is_unusual_only_once_it_is_known_who_is_usual() -> None:
    """Within the first day nobody is; then whoever is none of the most frequent ones is, and turns
    usual where it stays."""
    security = Security(top_sources=2, counts={"unusual-source": {"at_least": 5, "by": "source"}})
    usual = [_ACCESS.format("10.0.0.1", "/", 200, 1)] * 50
    strange = [_ACCESS.format("203.0.113.7", "/", 200, 1)] * 9
    memory = Memory(began_at=NOW)

    def seen(at: datetime, *lines: str) -> None:
        nonlocal memory
        look = Seen(at=at, service="web", look=looked(*lines, security=security))
        memory = remembered(memory, security, [look], at)

    seen(NOW, *usual)
    hour, day = NOW + timedelta(hours=1), NOW + timedelta(days=1, hours=1)
    seen(hour, *usual, *strange[:1])
    assert told(security, memory, hour) == {}
    seen(day, *usual, *strange)
    assert memory.usual == {"10.0.0.1": 100, "203.0.113.7": 1}
    assert told(security, memory, day) == {}, "seen before, among the two most frequent"
    other = [_ACCESS.format("198.51.100.4", "/", 200, 1)] * 9
    seen(day + timedelta(minutes=1), *other)
    after = told(security, memory, day + timedelta(minutes=1))
    assert after == {"security-unusual-source 198.51.100.4": 9.0}


def test_a_memory_stays_small() -> None:
    """A day of looks with many sources is kept in the looks of the window and a bounded table."""
    memory, security = Memory(began_at=NOW), Security(top_sources=5)
    for minutes in range(200):
        at = NOW + timedelta(minutes=minutes)
        requests = {f"10.{minutes}.0.{n}": 1 for n in range(100)}
        look = Look(read=100, requests=requests)
        memory = remembered(memory, security, [Seen(at=at, service="web", look=look)], at)
    assert len(memory.looks) == 10 and len(memory.usual) <= 1_000


def test_counts_name_what_is_there() -> None:
    """A count of a pattern that is none is refused with those there are."""
    with pytest.raises(ValueError, match=r"counts\.no-such is no pattern; there is .*failed-login"):
        Security(use=("app",), counts={"no-such": {"at_least": 1}})


def test_every_ready_made_pattern_fits_the_engine() -> None:
    """None is too long or broken: all are looked for without trouble."""
    assert all(READY_MADE[name] for name in READY_MADE)
    assert looked("").troubles == {}
