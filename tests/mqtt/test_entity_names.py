from monitor.mqtt.entity_names import entity_names


def test_a_rename_keeps_what_the_ids_begin_with() -> None:
    first = entity_names([("box", "Nursery den"), ("a", "Possum")], {})
    assert first == {"box": "nursery_den", "a": "possum"}
    assert entity_names([("box", "Nursery barn"), ("a", "Poppy")], first) == first


def test_a_newcomer_with_a_name_that_was_given_up_gets_ids_of_its_own() -> None:
    kept = {"a": "possum"}
    assert entity_names([("b", "Possum"), ("a", "Poppy")], kept) == {"a": "possum", "b": "possum_2"}


def test_whoever_has_left_gives_its_name_up() -> None:
    assert entity_names([("b", "Possum")], {"a": "possum"}) == {"b": "possum"}
