import json

from monitor.mqtt.topics import RECORDS
from monitor.page.records import Records


def said(**more):
    return json.dumps(
        {"online": True, "keeping": True, "kept_at": "2026-11-29T12:00:00Z"} | more
    ).encode()


def test_only_its_own_topic_is_about_them():
    records = Records()
    assert not records.observe("nursery/attic/status", b"online", 1.0)
    assert records.observe(RECORDS, said(), 1.0)
    assert records.document["keeping"] is True
    assert records.heard_s == 1.0


def test_the_last_will_does_not_know_when_the_last_were_written():
    records = Records()
    records.observe(RECORDS, said(), 1.0)
    records.observe(RECORDS, said(online=False, kept_at=None), 2.0)
    assert records.document["online"] is False
    assert records.document["kept_at"] == "2026-11-29T12:00:00Z"


def test_what_is_no_document_changes_nothing():
    records = Records()
    records.observe(RECORDS, said(), 1.0)
    for nonsense in (b"[]", b"\xff", b"{", b'"online"', b"1" * 100_000):
        assert records.observe(RECORDS, nonsense, 2.0)
    assert records.heard_s == 1.0


def test_what_was_taken_back_is_expected_no_more():
    records = Records()
    records.observe(RECORDS, said(), 1.0)
    records.observe(RECORDS, b"", 2.0)
    assert (records.document, records.heard_s) == (None, None)


def test_what_a_broker_no_longer_has_is_dropped_once_it_has_said_all():
    records = Records()
    records.observe(RECORDS, said(), 1.0)
    records.begin()
    assert records.document is not None
    records.settle()
    assert records.document is None
    records.begin()
    records.observe(RECORDS, said(), 3.0)
    records.settle()
    assert records.heard_s == 3.0
