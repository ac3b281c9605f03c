import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from monitor.records.last_success import LATE_S
from monitor.records.rules import ASK_EVERY_S, MOST_FIRING, Rules, RulesError, firing


def alert(text="yard is silent.", severity="critical", state="firing", **more):
    return {
        "state": state, "name": "BoxSilent", "value": "1", "activeAt": "2026-11-29T14:21:00.31Z",
        "labels": {"alertname": "BoxSilent", "severity": severity},
        "annotations": {"summary": text, "description": "Look after them."},
    } | more  # fmt: skip


def answer(*alerts, health="ok", error="", groups=None):
    rules = [
        {"state": "firing", "name": "BoxSilent", "health": health, "lastError": error,
         "alerts": list(alerts)},
        {"state": "inactive", "name": "NobodyAnswers", "health": "ok", "lastError": ""},
    ]  # fmt: skip
    groups = [{"name": "nursery", "rules": rules}] if groups is None else groups
    return json.dumps({"status": "success", "data": {"groups": groups}}).encode()


def test_what_applies_is_told_with_what_to_do_the_gravest_first():
    found = firing(answer(alert("Losing weight upstairs: 2.", "warning"), alert()))
    assert [each.text for each in found] == ["yard is silent.", "Losing weight upstairs: 2."]
    assert found[0].advice == "Look after them."
    assert found[0].since == pytest.approx(1795962060.31)
    assert found[0].severity == "critical"


def test_what_only_may_come_to_apply_is_not_told():
    assert firing(answer(alert(state="pending"), alert(state="inactive"))) == []


def test_a_rule_that_could_not_be_looked_at_is_nobody_looking():
    with pytest.raises(RulesError, match=r"BoxSilent cannot be looked at: Post x: refused$"):
        firing(answer(health="err", error="Post x?query=a%28b%29&step=1s: refused"))
    with pytest.raises(RulesError, match="no rules"):
        firing(answer(groups=[]))
    with pytest.raises(RulesError, match="no vmalert"):
        firing(b"<html>somebody else</html>")


def test_texts_are_bounded_and_steer_nothing():
    many = [alert(f"box {n} is\nsilent\x1b[2J{'.' * 2000}") for n in range(100)]
    found = firing(answer(*many))
    assert len(found) == MOST_FIRING
    assert all(len(each.text) <= 300 and each.text.isprintable() for each in found)
    assert firing(answer(alert(annotations={}, labels={})))[0].text == "BoxSilent"


@pytest.fixture
def vmalert():
    said = [answer(alert())]

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/api/v1/rules"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said[0])

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", said, server
    server.shutdown()
    server.server_close()


def test_who_answers_is_asked_every_half_minute(vmalert):
    url, said, _ = vmalert
    rules = Rules(url, 0.0)
    assert rules.judged(0.0) == (None, None)
    rules.turn(0.0)
    assert rules.judged(0.0) == (True, None)
    assert [each.text for each in rules.firing] == ["yard is silent."]
    said[0] = answer()
    rules.turn(ASK_EVERY_S - 1.0)
    assert len(rules.firing) == 1
    rules.turn(ASK_EVERY_S)
    assert rules.firing == []


def test_who_does_not_answer_for_minutes_is_told(vmalert):
    url, _, server = vmalert
    rules = Rules(url, 0.0)
    rules.turn(0.0)
    server.shutdown()
    server.server_close()
    rules.turn(ASK_EVERY_S)
    assert rules.judged(ASK_EVERY_S) == (True, None)
    watched, why = rules.judged(LATE_S)
    assert watched is False
    assert f"vmalert does not answer at {url.rstrip('/')}" in why


def test_where_there_are_no_rules_nobody_is_asked_and_nobody_missed():
    rules = Rules("", 0.0)
    rules.turn(0.0)
    assert rules.judged(10 * LATE_S) == (None, None)
