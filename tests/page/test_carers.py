"""Each phone has a carer's name and a right; both can be changed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from monitor.page.pairing import Pairing
from monitor.page.screens import items
from monitor.page.screens.open_alerts import cards
from monitor.page.sessions import Sessions, carer_name
from monitor.page.spoken import Spoken
from tests.page.seeing import EN, NOW, alert, at, box

DAY = 1_790_000_000.0


def test_whose_phone_it_is_and_what_it_may_can_be_changed(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    token = sessions.add("carer", "Safari on iPhone", DAY, "Mo")
    found = sessions.find(token, DAY)
    assert found is not None
    assert (found.carer, found.right) == ("Mo", "carer")
    assert sessions.describe(found.id, " Ana\n ", "look")
    changed = sessions.find(token, DAY)
    assert changed is not None
    assert (changed.carer, changed.right, changed.name) == ("Ana", "look", "Safari on iPhone")
    assert not sessions.describe("nobody", "Ana", "carer")


def test_a_phone_that_was_paired_before_there_were_carers_stays_paired(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    token = sessions.add("carer", "Firefox", DAY)
    file = tmp_path / "sessions.json"
    file.write_text(file.read_text().replace(',"carer":""', ""))
    found = Sessions(tmp_path).find(token, DAY)
    assert found is not None
    assert found.carer == ""


def test_a_code_knows_whose_phone_it_pairs(tmp_path: Path) -> None:
    pairing = Pairing(tmp_path)
    pairing.open("look", DAY, carer="Ana")
    code = pairing.current(DAY + 1)
    assert code is not None
    assert code.carer == "Ana"


def test_a_carers_name_steers_no_line() -> None:
    assert carer_name("Mo\x1b[2J\u202e") == "Mo[2J"
    assert len(carer_name("x" * 500)) == 40


def test_the_card_of_an_alert_says_who_is_on_it() -> None:
    (card,) = cards(box(alerts=[alert(state="acknowledged", by="Mo")]), NOW, EN)
    assert card.seen == "Mo is on it"
    (card,) = cards(box(alerts=[alert(state="acknowledged")]), NOW, EN)
    assert card.seen == "Somebody is on it"


def test_the_log_says_who_did_it() -> None:
    item = {"what": "note", "id": "n1", "at": at(-1), "baby": "Possum", "kind": "stool",
            "value": "soft", "by": "Mo"}  # fmt: skip
    (line,) = items.lines([item], Spoken(EN, NOW), EN)
    assert line.sentence.endswith(" (Mo)")


def test_a_box_of_an_earlier_version_is_asked_without_a_name() -> None:
    from monitor.config import MqttConfig
    from monitor.mqtt.connecting import connector
    from monitor.page.boxes import Boxes
    from monitor.page.broker import Broker
    from monitor.page.hub import Hub

    sent: list[dict[str, Any]] = []

    class Old(Broker):
        async def _ask(self, box: str, verb: str, args: Any, *, setup: bool) -> dict[str, Any]:
            sent.append(args)
            if "by" in args:
                return {"ok": False, "error": 'feed does not know "by"; it takes baby, grams'}
            return {"ok": True}

    old = Old(connector(MqttConfig()), "5", Boxes(), Hub())
    result = asyncio.run(old.ask("attic", "feed", {"baby": "Possum"}, by="Mo"))
    assert result == {"ok": True}
    assert sent == [{"baby": "Possum", "by": "Mo"}, {"baby": "Possum"}]
