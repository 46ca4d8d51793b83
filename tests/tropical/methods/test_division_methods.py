"""The papers' division of networks, held to the figures and to plain forms of the algorithms."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.tropical.methods.heuristic import differences
from assay.tropical.methods.one_vs_all import frequent_labels
from assay.tropical.methods.stable import parts
from assay.tropical.reduce import reduce
from tropical.plain import many
from tropical.test_reduce import make_data, make_network

Labels = list[tuple[int, ...]]


def plain_parts(labels: Labels, count: int, released: bool) -> list[set[int]]:
    """Algorithm 3 of the ICML paper with sets; ``released`` as the authors' code, which can stop early."""
    blocks: list[set[int]] = []
    union: set[int] = set()
    for label in labels:
        vertex = {i for i, bit in enumerate(label) if bit}
        if not vertex:
            continue
        if len(blocks) == count:
            break
        for block in list(blocks):
            if len(blocks) < count and block & vertex and block - vertex:
                blocks.append(block & vertex)
                block.difference_update(vertex)
        new = vertex - union
        if len(blocks) < count and new:
            blocks.append(new)
            union |= new
        elif released and vertex & union:
            break
    return blocks


def rows(labels: Labels) -> np.ndarray:
    return np.array(labels, dtype=bool)


def as_sets(found: np.ndarray) -> list[set[int]]:
    return [set(np.flatnonzero(row).tolist()) for row in found]


def test_figure_4(golden):
    case = golden["fig4_algorithms"]
    generators, labels = np.array(case["generators"]), rows(case["top_vertices_labels"])
    np.testing.assert_allclose(labels @ generators, case["top_vertices"])
    heuristic = differences(labels @ generators, [0, 0])
    np.testing.assert_allclose(heuristic, case["heuristic_units_swap0"], atol=1e-6)
    released = parts(labels, 3, released=True) @ generators
    assert sorted(released.tolist()) == sorted(case["stable_units"])
    as_drawn = parts(labels, 3) @ generators
    assert sorted(as_drawn.tolist()) == sorted(golden["icml_figures"]["fig4c_stable"]["generators"])


def test_partitions_of_the_goldens(golden):
    for case in golden["stable_partition_cases"]:
        labels = rows(case["labels"])
        assert parts(labels, case["K"], released=True).astype(int).tolist() == case["blocks_reference"]
        assert parts(labels, case["K"]).astype(int).tolist() == case["blocks_no_early_stop"]


@many
@given(
    st.lists(st.tuples(*[st.integers(0, 1)] * 7), min_size=1, max_size=8), st.integers(1, 8), st.booleans()
)  # fmt: skip
def test_parts_are_those_of_the_plain_algorithm(labels, count, released):
    assert as_sets(parts(rows(labels), count, released)) == plain_parts(labels, count, released)


@many
@given(st.lists(st.tuples(*[st.integers(0, 1)] * 9), min_size=1, max_size=40))
def test_labels_come_by_their_count_then_as_first_seen(labels):
    found = frequent_labels(rows(labels), np.ones(len(labels)))
    assert [tuple(row) for row in found.astype(int).tolist()] == [label for label, _ in Counter(labels).most_common()]


def test_division_of_a_network_is_that_of_the_plain_algorithm():
    """One output: by the most frequent activated vertices of each sign; the quotient goes to the bias."""
    network = make_network(1, units=30)
    data = make_data(network)
    active = (data @ network.hidden_weights.T + network.hidden_biases) > 0
    weights = network.output_weights[0]
    total = np.zeros(len(data))
    for sign in (1, -1):
        side = np.flatnonzero(sign * weights > 0)
        labels = Counter(tuple(row) for row in active[:, side].astype(int).tolist()).most_common()
        for block in plain_parts([label for label, _ in labels], int(10 / 30 * len(side)), released=False):
            unit = sum(abs(weights[side[i]]) * network.generators[side[i]] for i in block)
            total += sign * np.maximum(data @ unit[:-1] + unit[-1], 0)
    expected = total + (network(data)[:, 0] - total).mean()
    np.testing.assert_allclose(reduce(network, 10, data, method="stable")(data)[:, 0], expected)


def test_one_against_the_rest_has_units_for_each_sign_of_each_class():
    network = make_network(5, units=40)
    smaller = reduce(network, 4, make_data(network), method="stable")
    assert smaller.units == 10
    assert set(np.unique(smaller.output_weights)) == {-1, 0, 1}
