"""What the live page asks, and what it is refused."""

import zlib

import numpy as np
import pytest
from fastapi.testclient import TestClient

from manyheads.inference.embed import Encoder
from manyheads.inference.fill_mask import MaskFiller
from manyheads.server.app import create_app
from manyheads.server.looked import Shelf
from manyheads.views.labels import label
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading
from manyheads.views.wire import restore

TEXT = "a dog runs"


@pytest.fixture
def models(make_runner, make_translator):
    return {"words": MaskFiller(make_runner("masked")), "toy": make_translator()}


@pytest.fixture
def client(models):
    return TestClient(create_app(models), base_url="http://127.0.0.1:8765")


def asked(client, **fields):
    answer = client.post("/attention", json={"model": "words", "text": TEXT} | fields)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def weights(client, told, kind, layer):
    answer = client.get(f"/attention/{told['id']}/{kind}/{layer}")
    rows, columns = (len(told["kinds"][kind][side]) for side in ("rows", "columns"))
    cells = np.frombuffer(zlib.decompress(answer.content), np.uint8)
    return restore(cells.reshape(told["kinds"][kind]["heads"], rows, columns))


def test_the_models_are_listed_with_what_people_need_to_know(client):
    assert client.get("/models").json() == {
        "schema_version": 2,
        "models": [
            {"name": "words", "task": "masked", "max_tokens": 23, "mask": "[MASK]"},
            {"name": "toy", "task": "translation", "max_tokens": 60, "mask": None},
        ],
    }


@pytest.mark.parametrize("model", ["words", "toy"])
def test_the_weights_are_those_of_a_reading(client, models, model):
    told = asked(client, model=model)
    make = TranslationReading if model == "toy" else TextReading
    maps = make(models[model], TEXT, name="x").maps
    for kind, of_kind in maps.kinds.items():
        for layer, wanted in enumerate(of_kind.weights):
            assert np.abs(weights(client, told, kind, layer) - wanted).max() <= 0.004


def test_the_steps_of_every_head_can_be_had(client):
    told = asked(client)
    steps = client.get(f"/attention/{told['id']}/encoder/1/2").json()
    assert (steps["kind"], steps["layer"], steps["head"]) == ("encoder", 1, 2)
    assert steps["arrays"]["query"]["shape"] == [5, 4]


def test_what_if_a_head_is_off_or_a_word_hidden(client, models):
    before = asked(client)
    off = asked(client, off=[["encoder", 0, 1]], since=before["id"])
    effect = before["effects"]["encoder"][0][1]
    assert off["moved"] == pytest.approx(effect, rel=1e-3)
    assert off["off"] == [["encoder", 0, 1]]
    hidden = asked(client, hidden=[2], since=before["id"])
    assert hidden["kinds"]["encoder"]["rows"][2] == "[MASK]"
    assert hidden["moved"] > 0
    same = asked(client, since=before["id"])
    assert same["moved"] == pytest.approx(0, abs=1e-6)


def test_what_if_the_text_is_changed(client):
    before = asked(client)
    after = asked(client, text="a small dog runs", since=before["id"])
    places = after["beside"]
    assert [place[:2] for place in places] == [[0, 0], [1, 1], [None, 2], [2, 3], [3, 4], [4, 5]]
    distances = [distance for _, _, distance in places if distance is not None]
    assert after["moved"] == pytest.approx(np.mean(distances))
    assert before["beside"] is before["moved"] is None
    assert asked(client, since="0" * 16)["beside"] is None


def test_what_is_compared_with_stays_however_often_one_asks(client):
    before = asked(client)
    for _ in range(20):
        after = asked(client, hidden=[2], since=before["id"])
    assert after["moved"] > 0


def test_what_if_a_source_is_changed(client):
    before = asked(client, model="toy")
    after = asked(client, model="toy", text="one man runs", since=before["id"])
    assert 0 < after["moved"] <= 1
    assert asked(client, since=before["id"])["beside"] is None  # a text is no translation


def test_a_translation_tells_what_the_beam_kept(client, models):
    told = asked(client, model="toy")["written"]
    written = TranslationReading(models["toy"], TEXT, name="x").written
    assert [[each["text"] for each in step] for step in told["beam"]] == [
        [label(each.text) for each in step] for step in written.beam
    ]
    assert [sum(each["won"] for each in step) for step in told["beam"]] == [1] * len(told["tokens"])


def test_another_target_is_looked_at(client):
    told = asked(client, model="toy", target="ein Hund")
    assert told["texts"][1] == "ein Hund"
    assert told["notes"]["target"] == "given"


def test_a_beginning_is_kept(client):
    told = asked(client, model="toy", begin=[9, 30])
    assert told["written"]["token_ids"][:2] == [9, 30]


def test_a_word_is_compared(client):
    told = client.post(
        "/meaning", json={"model": "words", "word": "dog", "texts": [TEXT, "the dog sees a man"]}
    )
    cosines = np.array(told.json()["cosines"])
    assert cosines.shape == (4, 2, 2)
    np.testing.assert_allclose(cosines[0], 1, atol=1e-5)
    assert (cosines[2:, 0, 1] < 0.9999).all()


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"text": "  "}, 400, "must hold a word"),
        ({"text": "dog " * 40}, 400, "at most 23 tokens"),
        ({"model": "other"}, 404, "a model must be one of words, toy, but 'other' was asked for"),
        ({"model": None}, 404, "but none was named"),
        ({"off": [["encoder", 9, 0]]}, 400, "layers of encoder attention are 0 to 1, but layer 9 was named"),
        ({"hidden": [0]}, 400, "counted from 0 over all 5, but 0 is not"),
        ({"texts": "x"}, 422, "texts cannot be read: Extra inputs are not permitted"),
        ({"text": 7}, 422, "text cannot be read: Input should be a valid string"),
        ({"text": "x" * 20_001}, 422, "text cannot be read: String should have at most 20000 characters"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(client, fields, status, sentence):
    answer = client.post("/attention", json={"model": "words", "text": TEXT} | fields)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert sentence in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (
            "/attention/none/encoder/0",
            "keeps the last 16 texts that were looked at, but 'none' is not among them",
        ),
        ("/attention/{id}/encoder/7", "layers of encoder attention are 0 to 1, but not 7"),
        ("/attention/{id}/cross/0", "has no 'cross' attention"),
        ("/attention/{id}/encoder/0/9", "heads of encoder layer 0 are 0 to 2"),
    ],
)
def test_what_is_not_there_is_named(client, path, sentence):
    answer = client.get(path.replace("{id}", asked(client)["id"]))
    assert answer.status_code in {400, 404}
    assert sentence in answer.json()["error"]


def test_only_so_many_texts_are_kept(models):
    shelf = Shelf({"words": models["words"]})
    from manyheads.server.schema import AttentionRequest

    numbers = [shelf.look(AttentionRequest(text=TEXT))[0] for _ in range(17)]
    assert shelf.looked(numbers[-1]).reading.labels[2] == "dog"
    with pytest.raises(Exception, match="not among them"):
        shelf.looked(numbers[0])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:8765"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8765"}, 200),
        ({"host": "localhost:8765"}, 200),
        ({"host": "[::1]:8765"}, 200),
    ],
)
def test_others_pages_and_names_are_not_answered(client, headers, status):
    assert client.get("/models", headers=headers).status_code == status


def test_a_body_that_is_too_large_or_of_unknown_size_is_refused(client):
    answer = client.post("/attention", json={"text": "x" * 70_000})
    assert answer.status_code == 413
    assert "at most 65536 bytes" in answer.json()["error"]
    assert client.post("/attention", content=iter([b"{}"])).status_code == 413


def test_the_page_may_ask_its_own_server_alone(client):
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert '<script type="application/json" id="manyheads-document">null</script>' in page.text


def test_an_encoder_without_a_mask_head_says_how_far_its_states_move(make_runner):
    client = TestClient(create_app({"one": Encoder(make_runner())}), base_url="http://localhost:1")
    before = client.post("/attention", json={"text": TEXT}).json()
    off = client.post("/attention", json={"text": TEXT, "off": [["encoder", 1, 0]], "since": before["id"]})
    assert 0 < off.json()["moved"] < 2
    assert before["answer"]["what"] == "states"
