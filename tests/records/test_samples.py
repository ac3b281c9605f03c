import msgspec
import pytest

from monitor.records.samples import MOST_BYTES, samples
from monitor.times import rfc3339

NOW_S = 1_790_000_000.0
WEIGHED_S = NOW_S - 5400.0


def kept(topic, value, room=None):
    payload = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return {
        (f"{sample.of}_{name}", sample.t_s): (number, dict(sample.labels))
        for sample in samples(f"nursery/{topic}", payload, NOW_S, room)
        for name, number in sample.fields.items()
    }


def numbers(topic, value):
    return {name: number for (name, _), (number, _) in kept(topic, value).items()}


def test_a_weighing_and_a_bottle_are_kept_at_their_own_times():
    baby = {
        "name": "Possum", "weight_g": 212.4, "weighed_at": rfc3339(WEIGHED_S),
        "last_feed_g": 7.5, "last_feed_at": rfc3339(WEIGHED_S + 60), "gain_24h_g": 9.1,
        "in_box": True, "watch": {"level": "watch", "signs": ["drinks less"]},
    }  # fmt: skip
    found = kept("attic/baby/possum", baby, room="Quarantine")
    labels = {"box": "attic", "room": "Quarantine", "baby": "possum"}
    assert found == {
        ("nursery_baby_weight_g", WEIGHED_S): (212.4, labels),
        ("nursery_baby_feed_g", WEIGHED_S + 60): (7.5, labels),
        ("nursery_baby_gain_24h_g", NOW_S): (9.1, labels),
        ("nursery_baby_in_box", NOW_S): (1.0, labels),
        ("nursery_baby_watch", NOW_S): (1.0, labels),
    }


def test_what_is_unknown_is_no_sample():
    unknown = {"name": "Possum", "weight_g": None, "weighed_at": None, "in_box": None,
               "watch": None, "intake_24h_g": None}  # fmt: skip
    assert kept("attic/baby/possum", unknown) == {}
    assert kept("attic/cry", {"crying": None, "cry_minutes_1h": None}) == {}
    assert kept("attic/nest", {"temperature_c": None}) == {}


def test_a_weight_without_a_time_is_not_kept_as_if_it_were_of_now():
    assert kept("attic/baby/possum", {"weight_g": 212.4, "weighed_at": None}) == {}


@pytest.mark.parametrize("at", ["yesterday", "", "2031-01-01T00:00:00Z", "1969-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_is_left_out(at):
    assert kept("attic/baby/possum", {"weight_g": 212.4, "weighed_at": at}) == {}


def test_a_box_that_comes_goes_and_leaves():
    assert numbers("attic/status", b"online") == {
        "nursery_box_expected": 1.0, "nursery_box_online": 1.0,
    }  # fmt: skip
    assert numbers("attic/status", b"offline")["nursery_box_online"] == 0.0
    assert numbers("attic/status", b"") == {"nursery_box_expected": 0.0}
    assert numbers("attic/status", b"rebooting") == {}


def test_health_tells_of_each_source_that_is_there():
    health = {
        "sources": {"microphone": {"state": "healthy"}, "scale": {"state": "failed"},
                    "probe": {"state": None}, "radar": {"state": "healthy"}},
        "memory_mb": 61.5, "cpu_pct": 12.0, "drops": 0, "clock_synced": True,
        "link": {"waiting": 2}, "set_up": {"ready": False}, "practice": True,
        "acted_on": {"last_7_days": {"all": {"alerts": 4, "acted_on": 3, "share": 0.75}}},
    }  # fmt: skip
    found = kept("attic/health", health)
    healthy = {
        sample.labels["source"]: sample.fields["healthy"]
        for sample in samples("nursery/attic/health", msgspec.json.encode(health), NOW_S)
        if sample.of == "nursery_source"
    }
    assert healthy == {"microphone": 1.0, "scale": 0.0}
    box = {name: number for (name, _), (number, _) in found.items() if "nursery_box" in name}
    assert box == {
        "nursery_box_memory_mb": 61.5, "nursery_box_cpu_pct": 12.0, "nursery_box_drops": 0.0,
        "nursery_box_clock_synced": 1.0, "nursery_box_waiting": 2.0, "nursery_box_ready": 0.0,
        "nursery_box_practice": 1.0, "nursery_box_acted_on_share": 0.75,
    }  # fmt: skip


def alert(**fields):
    return {
        "id": "a", "kind": "crying", "state": "raised", "severity": "warning", "baby": None,
        "since": rfc3339(NOW_S - 900), "at": rfc3339(NOW_S - 600),
    } | fields  # fmt: skip


def test_a_change_of_an_alert_is_kept_at_its_own_time():
    found = kept("attic/alert", alert(baby="Little Joey", kind="losing_weight", state="cleared"))
    assert found == {
        ("nursery_alert_changes", NOW_S - 600): (
            1.0,
            {"box": "attic", "kind": "losing_weight", "state": "cleared", "severity": "warning",
             "baby": "little_joey"},
        )
    }  # fmt: skip


def test_open_alerts_are_counted_and_the_oldest_that_nobody_answered_is_known():
    open_now = [
        alert(severity="critical", state="reminded", since=rfc3339(NOW_S - 4000)),
        alert(state="acknowledged", since=rfc3339(NOW_S - 9000)),
        alert(severity="info", since=rfc3339(NOW_S - 8000)),
        alert(),
    ]
    assert numbers("attic/alerts", open_now) == {
        "nursery_alerts_open": 4.0, "nursery_alerts_info": 1.0, "nursery_alerts_warning": 2.0,
        "nursery_alerts_critical": 1.0, "nursery_alerts_unanswered": 2.0,
        "nursery_alerts_unanswered_since_s": NOW_S - 4000,
    }  # fmt: skip
    assert numbers("attic/alerts", [])["nursery_alerts_open"] == 0.0
    assert "nursery_alerts_unanswered_since_s" not in numbers("attic/alerts", [])


def test_a_problem_comes_and_goes():
    assert numbers("attic/problem/losing_weight/possum", b"ON") == {"nursery_problem_on": 1.0}
    assert numbers("attic/problem/losing_weight/possum", b"OFF") == {"nursery_problem_on": 0.0}
    assert numbers("attic/problem/losing_weight/possum", b"") == {"nursery_problem_on": 0.0}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("attic/baby/possum", b"{"),
        ("attic/baby/possum", b'{"weight_g": "heavy"}'),
        ("attic/baby/Possum Magic", b'{"gain_24h_g": 1}'),
        ("attic/baby/possum/chart", b'{"gain_24h_g": 1}'),
        ("attic/health", b'{"sources": []}'),
        ("attic/health", b'{"memory_mb": ' + b"9" * MOST_BYTES + b"}"),
        ("At tic/health", b'{"memory_mb": 1}'),
        ("attic,room=x/health", b'{"memory_mb": 1}'),
        ("attic/problem/made_up/possum", b"ON"),
        ("attic/problem/crying/a,b=c", b"ON"),
        ("attic/alert", b'{"kind": "made_up", "state": "raised"}'),
        ("attic/alerts", b'{"kind": "crying"}'),
        ("attic/scale", b'{"total_g": 5}'),
        ("attic/cmd/feed", b'{"baby": "Possum"}'),
        ("attic", b"online"),
        ("attic/health", b"\xff\xfe"),
    ],
)
def test_what_does_not_fit_is_left_out(topic, payload):
    assert kept(topic, payload) == {}


def test_other_peoples_topics_are_none():
    assert list(samples("zigbee2mqtt/attic/health", b'{"memory_mb": 1}', NOW_S)) == []
