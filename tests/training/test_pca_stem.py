import numpy as np
import pytest

from inkdigits.training.network import build
from inkdigits.training.pca_stem import fit_stem
from inkdigits.training.recipe import Convnet
from inkdigits.training.recipes import find_recipe


@pytest.fixture
def stem(small):
    model = build(Convnet(stem=8, stages=((4,),)))
    fit_stem(model, small.glyphs)
    return model.get_layer("stem")


def test_the_filters_come_in_pairs_of_either_sign(stem):
    kernel = stem.get_weights()[0]
    assert kernel.shape == (6, 6, 1, 8)
    np.testing.assert_array_equal(kernel[..., :4], -kernel[..., 4:])


def test_their_answers_to_patches_are_whitened(stem, small):
    """Uncorrelated, and of about one size."""
    answers = stem(small.glyphs[:200, ..., np.newaxis].astype(np.float32) / 255).numpy()
    whole = (answers[..., :4] - answers[..., 4:]).reshape(-1, 4)  # what the rectifier has cut apart
    whole = whole[np.abs(whole).sum(1) > 0]
    products = whole.T @ whole / len(whole)
    assert np.abs(products - np.diag(np.diag(products))).max() < 0.15
    assert np.all((np.diag(products) > 0.6) & (np.diag(products) < 1.3))


def test_a_network_without_a_stem_stays_as_it_is(small):
    model = build(find_recipe("mlp-128").network)
    before = model.get_weights()
    fit_stem(model, small.glyphs)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
