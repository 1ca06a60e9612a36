import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from inkdigits.errors import DataError
from inkdigits.evaluation.ood import auroc, fpr_at_tpr


@pytest.mark.parametrize("decimals", [1, 6])  # with many ties, and with none
def test_they_are_scikit_learns(decimals):
    rng = np.random.default_rng(0)
    digits, others = rng.normal(1, 1, 400).round(decimals), rng.normal(0, 1, 300).round(decimals)
    truth, scores = np.repeat([1, 0], [400, 300]), np.concatenate([digits, others])
    assert auroc(digits, others) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    taken, kept, _ = roc_curve(truth, scores, drop_intermediate=False)
    assert fpr_at_tpr(digits, others) == pytest.approx(taken[np.argmax(kept >= 0.95)], abs=1e-12)


def test_all_apart_and_not_at_all():
    high, low = np.array([0.9, 0.8]), np.array([0.1, 0.2])
    assert (auroc(high, low), auroc(low, high), auroc(high, high)) == (1.0, 0.0, 0.5)
    assert (fpr_at_tpr(high, low), fpr_at_tpr(low, high)) == (0.0, 1.0)
    assert fpr_at_tpr(high, np.array([0.85]), tpr=0.0) == 0.0


@pytest.mark.parametrize("broken", [np.array([]), np.array([np.nan]), np.ones((2, 2))])
def test_scores_that_say_nothing_are_refused(broken):
    with pytest.raises(DataError, match="Expected finite scores of non_digits"):
        auroc(np.ones(3), broken)
    with pytest.raises(DataError, match="Expected finite scores of digits"):
        fpr_at_tpr(broken, np.ones(3))
