import numpy as np
import pytest

from assay.experiments.bootstrap import DomainScores, overall, paired_interval

DOCUMENTS, DRAWS = 60, 400


def simulate(rng, effects, seeds=3, run_noise=0.02):
    """Recipes "0", "1", …, with such effects: runs with noise of their own, documents of all lengths."""
    domains = [(rng.lognormal(7, 0.7, DOCUMENTS), rng.normal(difficulty, 0.3, DOCUMENTS)) for difficulty in (1.2, 2.0)]
    shared = rng.normal(0, 0.05, seeds)[:, None]  # a seed's own luck, the same for all recipes
    recipes = {}
    for name, effect in enumerate(effects):
        run = shared + rng.normal(0, run_noise, seeds)[:, None]
        own = [rng.normal(0, 0.02, (seeds, DOCUMENTS)) for _ in domains]
        recipes[str(name)] = [
            DomainScores(sizes * (level + effect + run + noise), sizes)
            for (sizes, level), noise in zip(domains, own, strict=True)
        ]
    return recipes


@pytest.mark.parametrize(("recipes", "seeds"), [(2, 2), (2, 3), (4, 2), (4, 3), (3, 5)])
def test_identical_recipes_are_called_no_difference(recipes, seeds):
    rng = np.random.default_rng(0)
    simulations = (simulate(rng, [0.0] * recipes, seeds) for _ in range(300))
    verdicts = [paired_interval(scores, "0", "1", draws=DRAWS).verdict for scores in simulations]
    assert 0.90 <= verdicts.count("no difference") / len(verdicts) <= 0.995


@pytest.mark.parametrize("recipes", [2, 4])
def test_a_planted_difference_is_found(recipes):
    rng = np.random.default_rng(1)
    simulations = (simulate(rng, [-0.2] + [0.0] * (recipes - 1)) for _ in range(50))
    verdicts = [paired_interval(scores, "0", "1", draws=DRAWS).verdict for scores in simulations]
    assert verdicts.count("better") >= 0.9 * len(verdicts)


def test_two_seeds_that_agree_by_chance_do_not_make_a_winner():
    level = np.full(DOCUMENTS, 2.0)
    sizes = np.full(DOCUMENTS, 1000.0)
    by_seed = {"a": [0.00, 0.03], "b": [0.02, 0.05], "c": [0.20, 0.18]}
    scores = {
        name: [DomainScores(sizes * (level + np.array(shift)[:, None]), sizes)] for name, shift in by_seed.items()
    }
    assert paired_interval(scores, "b", "a").verdict == "no difference"
    assert paired_interval(scores, "c", "a").verdict == "worse"


def test_the_centre_is_the_difference_of_the_domain_means():
    scores = simulate(np.random.default_rng(2), [-0.1, 0.0])
    means = overall(scores)
    interval = paired_interval(scores, "0", "1")
    assert interval.difference == pytest.approx(means["0"].mean() - means["1"].mean())
    assert interval.low < interval.difference < interval.high


def test_turning_the_pair_round_turns_the_interval_round():
    scores = simulate(np.random.default_rng(3), [-0.2, 0.0])
    there, back = paired_interval(scores, "0", "1"), paired_interval(scores, "1", "0")
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=5e-3)
    assert (there.verdict, back.verdict) == ("better", "worse")


def test_one_seed_covers_documents_only():
    scores = simulate(np.random.default_rng(4), [0.0, 0.0])
    single = {name: [DomainScores(d.bits[:1], d.bytes) for d in recipe] for name, recipe in scores.items()}
    one, three = paired_interval(single, "0", "1"), paired_interval(scores, "0", "1")
    assert 0 < one.high - one.low < three.high - three.low
