import pytest

from monitor.page.pairing import ALPHABET, TRIES, VALID_S, Pairing, plain

NOW_S = 1_800_000_000.0


@pytest.fixture
def pairing(tmp_path):
    return Pairing(tmp_path / "state")


def test_a_code_is_eight_characters_that_are_read_as_nothing_else(pairing):
    codes = {pairing.open("carer", NOW_S).written for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 9 and code[4] == "-" for code in codes)
    assert not set("01OIL") & set("".join(codes))
    assert len(ALPHABET) == 31


def test_it_pairs_one_phone_with_the_right_it_was_made_for(pairing):
    code = pairing.open("look", NOW_S)
    assert pairing.attempt(f" {code.written.lower()} ", NOW_S + 1) == "look"
    assert pairing.attempt(code.written, NOW_S + 2) == "none"


def test_it_holds_for_ten_minutes(pairing):
    code = pairing.open("carer", NOW_S)
    assert pairing.current(NOW_S + VALID_S - 1) == code
    assert pairing.attempt(code.written, NOW_S + VALID_S) == "none"
    code = pairing.open("carer", NOW_S)
    assert pairing.attempt(code.written, NOW_S - 100.0) == "none", "the clock was set back"


def test_five_tries_and_it_is_dead_for_everybody(pairing):
    code = pairing.open("carer", NOW_S)
    outcomes = [pairing.attempt("AAAA-AAAA", NOW_S) for _ in range(TRIES)]
    assert outcomes == ["wrong"] * (TRIES - 1) + ["used_up"]
    assert pairing.attempt(code.written, NOW_S) == "used_up"
    assert pairing.attempt(pairing.open("carer", NOW_S).written, NOW_S) == "carer"


def test_a_new_code_ends_the_one_before(pairing):
    old = pairing.open("carer", NOW_S)
    pairing.open("carer", NOW_S)
    assert pairing.attempt(old.written, NOW_S) == "wrong"


def test_without_a_code_no_try_opens_anything(pairing, tmp_path):
    for typed in ("", "AAAA-AAAA", "x" * 100_000, "\0", "ÄÖÜ", "\ud800"):
        assert pairing.attempt(typed, NOW_S) == "none"
    pairing.open("carer", NOW_S)
    assert pairing.attempt("\ud800ß", NOW_S) == "wrong"
    (tmp_path / "state/pairing.json").write_text("{nonsense")
    assert pairing.current(NOW_S) is None


def test_nobody_else_reads_the_code(pairing, tmp_path):
    pairing.open("carer", NOW_S)
    assert (tmp_path / "state/pairing.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_only_what_a_lamp_can_blink_is_taken_from_a_box(pairing):
    for wrong in ("", "1234567", "12345678", "ABCDEFGH", "1111-2222", "111122223"):
        pairing.offer("box", wrong)
    assert pairing.attempt("11112222", NOW_S) == "none"


def test_what_is_typed_is_read_as_people_type():
    assert plain(" abcd-2345\n") == plain("ABCD 2345") == plain("abcd2345") == "ABCD2345"
