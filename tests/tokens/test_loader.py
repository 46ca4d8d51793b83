from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.tokens import pack
from assay.tokens.loader import Loader
from assay.tokens.pack import tokenize
from tokens.datasets import sequences


@pytest.fixture(scope="module")
def folder(tmp_path_factory, dataset, tokenizer):
    out = tmp_path_factory.mktemp("loader") / "tokens"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "_SHARD_TOKENS", 1000)
        tokenize(dataset, tokenizer, out, 32)
    return out


def test_every_epoch_sees_each_sequence_once_in_its_own_order(folder):
    loader = Loader(folder, 7, seed=3)
    steps = 2 * loader.sequences  # 14 epochs exactly: 7 sequences a step
    seen = np.concatenate([loader.batch(step) for step in range(steps)])
    stored = sequences(folder)
    epochs = seen.reshape(14, loader.sequences, loader.sequence_length)
    for number, epoch in enumerate(epochs):
        order = np.random.default_rng([3, number]).permutation(len(stored))
        assert np.array_equal(epoch, stored[order])
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_batch_is_random_access(folder):
    forward, fresh = Loader(folder, 4, seed=1), Loader(folder, 4, seed=1)
    batches = [forward.batch(step) for step in range(200)]
    for step in (150, 3, 199, 77):
        assert np.array_equal(fresh.batch(step), batches[step])
    assert batches[0].dtype == np.int64
    assert batches[0].shape == (4, 33) == (forward.batch_sequences, forward.sequence_length)


def test_seeds_differ(folder):
    assert not np.array_equal(Loader(folder, 4, seed=1).batch(0), Loader(folder, 4, seed=2).batch(0))


def test_a_batch_may_be_larger_than_the_data(folder):
    loader = Loader(folder, 1, seed=0)
    large = Loader(folder, 3 * loader.sequences, seed=0)
    small = [loader.batch(step)[0] for step in range(3 * loader.sequences)]
    assert np.array_equal(large.batch(0), small)


def test_damaged_shards_are_refused(folder, tmp_path):
    for name in ("manifest.json", "shards/00000.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes()[:-2])
    with pytest.raises(InputError, match="not a manifest"):
        Loader(tmp_path, 1, 0)
    (tmp_path / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    with pytest.raises(InputError, match="the manifest says"):
        Loader(tmp_path, 1, 0)
    (tmp_path / "shards/00000.bin").unlink()
    with pytest.raises(InputError, match="is missing"):
        Loader(tmp_path, 1, 0)
    with pytest.raises(InputError, match="no such file"):
        Loader(tmp_path / "absent", 1, 0)


@pytest.mark.parametrize("world", [1, 2, 3, 7, 9])
def test_the_ranks_divide_the_same_batch(folder, world):
    whole = Loader(folder, 7, seed=1)
    for step in (0, 5, 40):
        parts = [Loader(folder, 7, seed=1).batch(step, rank, world) for rank in range(world)]
        assert np.array_equal(np.concatenate(parts), whole.batch(step))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_rank_must_be_one_of_the_world(folder):
    with pytest.raises(InputError, match="no rank 2 among 2"):
        Loader(folder, 4, seed=1).batch(0, 2, 2)
