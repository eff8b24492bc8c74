import os
import random
from math import isclose

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest

from manyheads.errors import InputError
from manyheads.evaluation.significance import Comparison, Contest, compare
from manyheads.evaluation.translation import score_translations

WORDS = "ein Hund läuft durch das hohe Gras und zwei Männer sehen ihm vom Ufer aus zu".split()  # noqa: SIM905


def corpus(seed: int, sentences: int = 53) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - a test text, not a secret
    return [" ".join(rng.choices(WORDS, k=rng.randint(4, 13))) for _ in range(sentences)]


def worsened(texts: list[str], share: float, seed: int) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - a test text, not a secret
    return [" ".join(word for word in text.split() if rng.random() >= share) for text in texts]


REFERENCES = corpus(1)
GOOD, BAD = worsened(REFERENCES, 0.05, seed=2), worsened(REFERENCES, 0.1, seed=3)


def test_the_numbers_are_those_of_sacrebleus_own_paired_test() -> None:
    ours = compare(GOOD, BAD, REFERENCES, samples=200)
    metrics = {"BLEU": BLEU(force=True), "chrF2": CHRF(), "TER": TER()}
    signatures, theirs = PairedTest(
        [("bad", BAD), ("good", GOOD)], metrics, [REFERENCES], test_type="bs", n_samples=200
    )()
    for contest in ours.contests:
        bad, good = theirs[contest.name]
        assert contest.value == good.score
        assert contest.baseline == bad.score
        assert contest.p_value == good.p_value
        for interval, expected in ((contest.interval, good.ci), (contest.baseline_interval, bad.ci)):
            assert isclose((interval[1] - interval[0]) / 2, expected, abs_tol=1e-4)
        assert contest.signature == str(signatures[contest.name])


def test_the_scores_are_those_without_an_opponent() -> None:
    alone, held = score_translations(GOOD, REFERENCES), compare(GOOD, BAD, REFERENCES, samples=1)
    for score, contest in zip((alone.bleu, alone.chrf, alone.ter), held.contests, strict=True):
        assert isclose(contest.value, score.value)


def test_one_sentence_gives_the_p_value_that_one_counts_by_hand() -> None:
    """Every draw is the same sentence: no difference departs from the mean, so p = (0 + 1) / (3 + 1)."""
    contest = compare(["a b c d"], ["a b c x"], ["a b c d"], samples=3).bleu
    assert contest.p_value == 0.25
    assert isclose(contest.value, 100)
    assert contest.interval == (contest.value, contest.value)


def test_a_system_does_not_differ_from_itself() -> None:
    result = compare(GOOD, GOOD, REFERENCES, samples=50)
    assert [contest.p_value for contest in result.contests] == [1, 1, 1]
    assert "do not differ significantly" in result.verdict("A", "A too")


def test_the_same_seed_gives_the_same_numbers_and_zero_is_a_seed() -> None:
    first = compare(GOOD, BAD, REFERENCES, samples=50, seed=0)
    assert first == compare(GOOD, BAD, REFERENCES, samples=50, seed=0)
    assert first.bleu.interval != compare(GOOD, BAD, REFERENCES, samples=50, seed=1).bleu.interval
    assert "bs:50|seed:0|" in first.bleu.signature


def test_the_environment_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compare(GOOD, BAD, REFERENCES, samples=50)
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    assert compare(GOOD, BAD, REFERENCES, samples=50) == before
    assert os.environ["SACREBLEU_SEED"] == "7"


def test_swapping_the_systems_turns_the_difference_round() -> None:
    there = compare(GOOD, BAD, REFERENCES, samples=50)
    back = compare(BAD, GOOD, REFERENCES, samples=50)
    for one, other in zip(there.contests, back.contests, strict=True):
        assert one.difference == -other.difference
        assert one.p_value == other.p_value
        assert (one.interval, one.baseline_interval) == (other.baseline_interval, other.interval)


def test_a_clear_difference_is_called_one() -> None:
    result = compare(REFERENCES, worsened(REFERENCES, 0.3, seed=5), REFERENCES, samples=100)
    assert [contest.p_value for contest in result.contests] == [1 / 101] * 3
    assert all(contest.gain > 0 for contest in result.contests)
    assert result.ter.difference < 0


def made_up(difference: float, p_value: float) -> Comparison:
    bleu, ter = (
        Contest(name, 20 + difference, (18.0, 22.0), 20.0, (17.5, 23.25), difference, p_value, "nrefs:1")
        for name in ("BLEU", "TER")
    )
    return Comparison(bleu, bleu, ter, ("a doubt",), 1000, 1000, 12345)


def test_the_verdict_names_the_better_system_first() -> None:
    how = "paired bootstrap, 1,000 samples"
    assert made_up(1.2, 0.004).verdict("A", "B") == f"A is better than B in BLEU by 1.20, p = 0.004, {how}"
    assert made_up(-1.2, 0.004).verdict("A", "B") == f"B is better than A in BLEU by 1.20, p = 0.004, {how}"
    assert made_up(-0.1, 0.34).verdict("A", "B") == (
        f"A and B do not differ significantly in BLEU (difference -0.10, p = 0.34, {how})"
    )


def test_less_is_better_in_ter() -> None:
    result = made_up(1.2, 0.004)
    assert result.bleu.gain == 1.2
    assert result.ter.gain == -1.2


def test_the_table_for_people_is_aligned() -> None:
    lines = made_up(-0.1, 0.34).lines()
    assert lines[0] == "        score  95% interval     against  95% interval     difference       p"
    assert lines[1] == "BLEU    19.90  [18.00, 22.00]     20.00  [17.50, 23.25]        -0.10  0.3400"
    assert lines[-1] == "TER    nrefs:1"


def test_the_dictionary_holds_plain_values_only() -> None:
    fields = made_up(1.5, 0.25).as_dict()
    assert (fields["warnings"], fields["sentences"], fields["samples"]) == (["a doubt"], 1000, 1000)
    assert (fields["bleu"]["difference"], fields["bleu"]["p_value"]) == (1.5, 0.25)


def test_a_doubt_about_the_baseline_alone_says_so() -> None:
    cased = ["Ein Hund läuft."] * 20
    (sentence,) = compare(cased, ["ein hund läuft."] * 20, cased, samples=1).warnings
    assert sentence.startswith("only the baseline's hypotheses look lower-cased")


def test_a_doubt_about_both_systems_is_said_once() -> None:
    lowered = ["ein hund läuft."] * 20
    assert len(compare(lowered, lowered, lowered, samples=1).warnings) == 1


def test_a_baseline_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="52 hypotheses and 53 references"):
        compare(GOOD, BAD[:-1], REFERENCES)


def test_no_sample_is_too_few() -> None:
    with pytest.raises(InputError, match=r"at least 1 .* not 0"):
        compare(GOOD, BAD, REFERENCES, samples=0)


def test_no_sentence_is_refused() -> None:
    with pytest.raises(InputError, match="0 hypotheses"):
        compare([], [], [])
