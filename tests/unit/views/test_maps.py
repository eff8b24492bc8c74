import json

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.views.maps import AttentionMaps, KindMaps, load_npz


def kind_maps(weights, rows=2, columns=3):
    names = tuple("abcdefg")
    return KindMaps(names[:rows], names[:columns], weights)


def uniform(*shape):
    return np.full(shape, 1 / shape[-1], np.float32)


def test_one_head_is_taken_as_it_is(maps):
    assert maps.select("cross", 1, 0).tolist() == [[0, 0, 1], [0, 0, 1]]


def test_no_head_is_the_mean_over_the_heads_of_the_layer(maps):
    """Layer 0: head 0 gives (1, 0, 0), head 1 (0, 1, 0)."""
    assert maps.select("cross", 0).tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0]]


def test_no_layer_is_the_mean_over_the_layers(maps):
    """Head 1: (0, 1, 0) in layer 0, thirds in layer 1; column 1 gets (1 + 1/3) / 2 = 2/3."""
    np.testing.assert_allclose(maps.select("cross", head=1)[0], [1 / 6, 2 / 3, 1 / 6], atol=1e-7)


def test_neither_is_the_mean_over_all(maps):
    """Each column gets (1 + 1/3) / 4 = 1/3."""
    np.testing.assert_allclose(maps.select("cross"), np.full((2, 3), 1 / 3), atol=1e-7)


def test_titles_name_means_as_means(maps):
    assert maps.title("cross", 1, 0) == "cross attention, layer 1, head 0"
    assert maps.title("cross", 1) == "cross attention, layer 1, mean of 2 heads"
    assert maps.title("encoder") == "encoder attention, mean of 2 layers, mean of 2 heads"


def test_the_only_layer_and_head_are_no_means():
    maps = AttentionMaps("m", "a b", None, {"encoder": kind_maps(uniform(1, 1, 2, 2), columns=2)})
    assert maps.title("encoder") == "encoder attention, layer 0, head 0"
    with pytest.raises(InputError, match=r"^there is no head 4; the only head is 0$"):
        maps.select("encoder", 0, 4)


@pytest.mark.parametrize("number", [2, -1])
def test_a_layer_or_head_that_does_not_exist_is_refused_with_those_that_do(maps, number):
    with pytest.raises(InputError, match=rf"^there is no layer {number}; layers are 0\.\.1$"):
        maps.select("cross", number)
    with pytest.raises(InputError, match=rf"^there is no head {number}; heads are 0\.\.1$"):
        maps.select("cross", 0, number)


def test_a_kind_that_the_model_does_not_have_is_refused_with_those_it_has(maps):
    only = AttentionMaps("bert", "a", None, {"encoder": maps.kinds["encoder"]})
    with pytest.raises(InputError, match=r"^'bert' has no 'cross' attention; its kinds are: encoder$"):
        only.select("cross")
    with pytest.raises(InputError, match="did you mean 'decoder'"):
        maps.select("decodr")


def test_unknown_kinds_and_no_kind_are_refused(maps):
    with pytest.raises(InputError, match=r"must be one of encoder, decoder, cross, not 'crosss'.*'cross'\?"):
        AttentionMaps("m", "a", None, {"crosss": maps.kinds["cross"]})
    with pytest.raises(InputError, match="at least one kind of encoder, decoder, cross; there is none"):
        AttentionMaps("m", "a", None, {})


def test_an_axis_that_does_not_fit_the_tokens_is_named():
    with pytest.raises(InputError, match="as many rows as tokens: 2 rows for 5 tokens"):
        kind_maps(uniform(1, 1, 2, 3), rows=5)
    with pytest.raises(InputError, match="as many columns as tokens: 3 columns for 7 tokens"):
        kind_maps(uniform(1, 1, 2, 3), columns=7)


def test_arrays_of_another_type_or_without_all_axes_are_refused():
    with pytest.raises(InputError, match=r"must be float32 .* these are float64 of shape \(1, 1, 2, 3\)"):
        kind_maps(uniform(1, 1, 2, 3).astype(np.float64))
    with pytest.raises(InputError, match=r"these are float32 of shape \(2, 3\)"):
        kind_maps(uniform(2, 3))


def test_an_empty_axis_is_refused():
    with pytest.raises(InputError, match=r"must hold something; the shape is \(1, 0, 2, 3\)"):
        kind_maps(np.zeros((1, 0, 2, 3), np.float32))


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (-0.5, "-0.5"), (np.inf, "inf")])
def test_a_weight_that_is_no_share_is_named_with_its_place(value, shown):
    weights = uniform(2, 3, 2, 3)
    weights[1, 2, 0, 1] = value
    with pytest.raises(InputError, match=rf"\(layer, head, row, column\) \(1, 2, 0, 1\) stands {shown}$"):
        kind_maps(weights)


def test_a_row_that_does_not_sum_to_one_is_named_with_its_sum():
    """Thirds with 0.01 more in one place: 1.01."""
    weights = uniform(2, 3, 2, 3)
    weights[0, 1, 1, 2] += 0.01
    with pytest.raises(InputError, match=r"at \(layer, head, row\) \(0, 1, 1\) it is 1\.0100$"):
        kind_maps(weights)


def test_rounding_within_a_thousandth_passes():
    assert kind_maps(uniform(1, 1, 2, 3) + np.float32(0.0003)).num_heads == 1


def test_npz_gives_back_what_went_in(maps, tmp_path):
    maps.save_npz(tmp_path / "maps.npz")
    again = load_npz(tmp_path / "maps.npz")
    assert (again.model, again.src_text, again.tgt_text) == ("toy", "forty two", "zwei vierzig")
    assert dict(again.notes) == {"beam": "5"}
    assert list(again.kinds) == ["encoder", "decoder", "cross"]
    for kind, of_kind in maps.kinds.items():
        assert again.kinds[kind].rows == of_kind.rows
        assert again.kinds[kind].columns == of_kind.columns
        np.testing.assert_array_equal(again.kinds[kind].weights, of_kind.weights)


def test_npz_keys_are_kind_layer_sequence_with_heads_first(maps, tmp_path):
    maps.save_npz(tmp_path / "maps.npz")
    with np.load(tmp_path / "maps.npz") as arrays:
        assert sorted(arrays) == sorted(
            ["tokens", *(f"{kind}.{layer}.0" for kind in maps.kinds for layer in (0, 1))]
        )
        assert arrays["cross.1.0"].shape == (2, 2, 3)
        assert arrays["cross.1.0"].dtype == np.float32
        assert json.loads(str(arrays["tokens"]))["kinds"]["cross"]["columns"] == ["forty", "two", "</s>"]


def test_files_that_are_no_maps_are_refused_by_name(maps, tmp_path):
    with pytest.raises(InputError, match=r"^there is no file '.*none\.npz'$"):
        load_npz(tmp_path / "none.npz")
    for name, content in (("text.npz", b"hello"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"'.*{name}' must hold attention maps that manyheads saved"):
            load_npz(tmp_path / name)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(InputError, match=r"'.*other\.npz' must hold attention maps"):
        load_npz(tmp_path / "other.npz")


def test_a_pickle_in_the_file_is_not_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", tokens=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="must hold attention maps"):
        load_npz(tmp_path / "evil.npz")


def test_a_file_cut_short_is_refused(maps, tmp_path):
    maps.save_npz(tmp_path / "maps.npz")
    whole = (tmp_path / "maps.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"half\.npz' must hold attention maps"):
        load_npz(tmp_path / "half.npz")


def test_json_holds_tokens_and_rounded_weights(maps, tmp_path):
    maps.save_json(tmp_path / "maps.json")
    read = json.loads((tmp_path / "maps.json").read_text(encoding="utf-8"))
    assert (read["format"], read["format_version"], read["model"]) == ("manyheads.attention", 1, "toy")
    assert read["kinds"]["cross"]["rows"] == ["zwei", "vierzig"]
    assert read["kinds"]["cross"]["weights"][1][1][0] == [0.333333, 0.333333, 0.333333]
