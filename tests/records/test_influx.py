import math

from monitor.records.influx import lines
from monitor.records.samples import Sample


def test_a_sample_is_one_line_with_milliseconds():
    sample = Sample("nursery_baby", {"box": "attic", "baby": "possum"}, {"weight_g": 212.4}, 1.5)
    assert lines([sample]) == b"nursery_baby,box=attic,baby=possum weight_g=212.4 1500\n"


def test_several_numbers_share_a_line():
    sample = Sample("nursery_cry", {"box": "a"}, {"crying": 1.0, "minutes_1h": 0.25}, 2.0)
    assert (
        lines([sample, sample]).splitlines()
        == [b"nursery_cry,box=a crying=1.0,minutes_1h=0.25 2000"] * 2
    )


def test_a_name_of_a_room_cannot_become_another_label_or_line():
    sample = Sample("n", {"room": "Kittens, up=stairs\n\\"}, {"x": 1.0}, 0.0)
    assert lines([sample]) == b"n,room=Kittens\\,\\ up\\=stairs x=1.0 0\n"


def test_a_number_that_is_none_is_left_out():
    assert lines([Sample("n", {}, {"x": math.nan, "y": 2.0}, 0.0)]) == b"n y=2.0 0\n"
    assert lines([Sample("n", {}, {"x": math.inf}, 0.0)]) == b""


def test_an_empty_label_is_no_label():
    assert lines([Sample("n", {"room": ""}, {"x": 1.0}, 0.0)]) == b"n x=1.0 0\n"
