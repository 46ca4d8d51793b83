import pickle

from assay.base.errors import InputError, MachineError, unknown_name


def test_message_names_place_and_way_on():
    error = InputError("is broken", where="a.yaml:3", hint="mend it")
    assert str(error) == "a.yaml:3: is broken\nhint: mend it"
    assert error.exit_code == 2


def test_unknown_name_suggests_near_misses():
    error = unknown_name("step", "word_lenght_filter", ["word_length_filter", "exact_dedup"])
    assert str(error) == "unknown step 'word_lenght_filter'\nhint: did you mean word_length_filter?"


def test_unknown_name_lists_what_there_is():
    assert "known: a, b" in str(unknown_name("step", "zzz", ["b", "a"]))


def test_errors_cross_process_boundaries():
    error = pickle.loads(pickle.dumps(MachineError("full", where="/x", hint="empty it")))
    assert (str(error), type(error)) == ("/x: full\nhint: empty it", MachineError)
