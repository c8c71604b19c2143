from analysis.provenance import code_version, rows_hash


def test_the_order_of_rows_and_keys_does_not_change_their_hash():
    assert rows_hash([{"a": 1, "b": 2}, {"a": 3}]) == rows_hash([{"a": 3}, {"b": 2, "a": 1}])


def test_another_answer_changes_the_hash():
    assert rows_hash([{"a": 1}]) != rows_hash([{"a": "1"}])
    assert rows_hash([{"a": 1}]) != rows_hash([{"a": 1}, {"a": 1}])


def test_the_code_version_is_one_hash():
    assert len(code_version()) == 64
    assert code_version() == code_version()
