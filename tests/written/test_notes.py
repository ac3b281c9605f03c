"""Lines of the care log in words."""

from __future__ import annotations

from monitor.written.notes import spoken_note


def test_a_line_of_the_care_log_in_words():
    assert spoken_note("temperature_c", 38.0, None) == "temperature 38 °C"
    assert spoken_note("medicine", "0.1 ml", "the white one") == "medicine 0.1 ml, the white one"
    assert spoken_note("carer", None, "Mo takes over") == "carer Mo takes over"
    assert spoken_note("vet", None, None) == "vet"
