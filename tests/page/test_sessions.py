import pytest

from monitor.page.sessions import MOST_SESSIONS, UNUSED_S, Sessions

NOW_S = 1_800_000_000.0


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path / "state")


def test_a_phone_is_known_by_its_token_and_its_token_by_nobody(sessions, tmp_path):
    token = sessions.add("carer", "Safari on iPhone", NOW_S)
    found = sessions.find(token, NOW_S)
    assert (found.right, found.name) == ("carer", "Safari on iPhone")
    assert sessions.find(token[:-1], NOW_S) is None
    assert sessions.find("", NOW_S) is None
    kept = tmp_path / "state/sessions.json"
    assert token not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    assert found.csrf not in kept.read_text()


def test_two_processes_see_the_same_phones(sessions, tmp_path):
    other = Sessions(tmp_path / "state")
    token = sessions.add("look", "a", NOW_S)
    session_id = other.find(token, NOW_S).id
    assert other.revoke(session_id)
    assert sessions.find(token, NOW_S) is None
    assert not sessions.has(session_id)
    assert not sessions.revoke(session_id)


def test_last_used_is_kept_by_the_hour(sessions):
    token = sessions.add("carer", "a", NOW_S)
    sessions.find(token, NOW_S + 60)
    assert sessions.listed()[0].seen_s == NOW_S
    sessions.find(token, NOW_S + 4000)
    assert sessions.listed()[0].seen_s == NOW_S + 4000
    assert sessions.listed()[0].paired_s == NOW_S


def test_a_phone_that_was_not_used_for_a_year_pairs_again(sessions):
    token = sessions.add("carer", "a", NOW_S)
    assert sessions.find(token, NOW_S + UNUSED_S + 1) is None


def test_the_one_unused_for_longest_makes_room(sessions):
    tokens = [sessions.add("carer", str(n), NOW_S + n) for n in range(MOST_SESSIONS + 2)]
    assert len(sessions.listed()) == MOST_SESSIONS
    assert sessions.find(tokens[0], NOW_S) is None
    assert sessions.find(tokens[-1], NOW_S) is not None


def test_a_damaged_file_lets_nobody_in_and_the_next_pairs(sessions, tmp_path):
    token = sessions.add("carer", "a", NOW_S)
    (tmp_path / "state/sessions.json").write_bytes(b"\xff{")
    assert sessions.find(token, NOW_S) is None
    again = sessions.add("carer", "b", NOW_S)
    assert sessions.find(again, NOW_S) is not None
