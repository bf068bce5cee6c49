"""GGUF headers: what is read from them, and what people take for a model that is none."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFEndian, GGUFWriter
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import catalogue, gguf
from bootstrap.errors import BootstrapError, ModelError
from tests import standin

ENGINE = "0.9.3"


def write(path: Path, architecture: str = "llama", *, tensors: int = 1, **values: Any) -> Path:
    """A small GGUF file; values: metadata, `__` for a dot, with the architecture before a leading one."""
    writer = GGUFWriter(str(path), architecture)
    for key, value in values.items():
        name = key.replace("__", ".")
        name = architecture + name if name.startswith(".") else name
        if isinstance(value, str):
            writer.add_string(name, value)
        elif isinstance(value, bool):
            writer.add_bool(name, value)
        elif isinstance(value, list):
            writer.add_array(name, value)
        else:
            writer.add_uint32(name, value)
    for number in range(tensors):
        writer.add_tensor(f"tensor.{number}", np.ones((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in's model, which a real llama.cpp loads."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    standin.make(path)
    return path


def test_a_header_tells_what_serving_the_model_takes(model: Path) -> None:
    header = gguf.check(model, "tiny", ENGINE)
    assert (header.architecture, header.name, header.version) == ("llama", "stand-in 1", 3)
    assert header.context_length == 32768
    # two layers of two heads, each 32 numbers for keys and 32 for values, of 2 bytes
    assert header.kv_bytes_per_token == 512
    assert header.needs == model.stat().st_size


@pytest.mark.parametrize("entry", catalogue.load().models, ids=lambda entry: entry.name)
def test_the_memory_is_that_of_the_catalogue(entry: catalogue.Model, tmp_path: Path) -> None:
    """Key-value heads that differ from heads, and lengths that no division gives, as in the real models."""
    lengths = {"gemma": 256, "qwen3": 128, "mistr": 128, "llama": 128, "phi-4": 128}
    length = lengths[entry.name[:5]]
    assert entry.kv_bytes_per_token
    path = write(
        tmp_path / "model.gguf",
        __block_count=2,
        __embedding_length=2560,
        __attention__head_count=8,
        __attention__head_count_kv=entry.kv_bytes_per_token // 8 // length,
        __attention__key_length=length,
        __attention__value_length=length,
    )
    assert gguf.read(path).kv_bytes_per_token == entry.kv_bytes_per_token


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    path = write(
        tmp_path / "model.gguf",
        __block_count=3,
        __embedding_length=64,
        __attention__head_count=[4, 4, 4],
        __attention__head_count_kv=[1, 2, 4],
    )
    assert gguf.read(path).kv_bytes_per_token == (1 + 2 + 4) * (16 + 16) * 2


def test_without_attention_there_is_no_cache(tmp_path: Path) -> None:
    path = write(tmp_path / "mamba.gguf", "mamba", __block_count=24, __attention__head_count=0)
    assert gguf.check(path, "mamba", ENGINE).kv_bytes_per_token == 0


def test_what_the_header_does_not_tell_is_not_guessed(tmp_path: Path) -> None:
    header = gguf.read(write(tmp_path / "bare.gguf", "llama"))
    assert (header.kv_bytes_per_token, header.context_length) == (None, None)


def test_a_long_vocabulary_is_passed_over(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(200_000)]
    path = write(tmp_path / "long.gguf", tokenizer__ggml__tokens=words, __context_length=4096)
    tracemalloc.start()
    header = gguf.check(path, "long", ENGINE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (header.context_length, header.needs) == (4096, path.stat().st_size)
    assert peak < 4 << 20


def test_version_2_is_read_too(model: Path, tmp_path: Path) -> None:
    data = bytearray(model.read_bytes())
    data[4] = 2
    path = tmp_path / "v2.gguf"
    path.write_bytes(data)
    assert gguf.check(path, "v2", ENGINE).version == 2


def test_a_file_that_is_cut_off_is_refused_with_the_numbers(model: Path, tmp_path: Path) -> None:
    data = model.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(data[:-1])
    with pytest.raises(ModelError, match=f"cut.gguf is cut off: it has {len(data) - 1} bytes of {len(data)}"):
        gguf.read(path)
    path.write_bytes(data[:2000])
    with pytest.raises(ModelError, match="cut off within its header, after 2000 bytes"):
        gguf.read(path)
    path.write_bytes(data + b"padding")
    gguf.read(path)


def torch_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return buffer.getvalue()


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.gguf", b"GGUF")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"\n <HTML><body>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (torch_file(), "PyTorch"),
        (pickle.dumps({"a": 1}), "PyTorch"),
        (zip_file(), "archive"),
        (b"\x1f\x8b\x08\0", "archive"),
        (struct.pack("<Q", 25) + b'{"__metadata__":{"a":"b"}}', "safetensors"),
        (struct.pack("<I", 0x67676A74) + b"\x03\0\0\0", "GGML"),
        (struct.pack("<I", 0x67676D6C) + b"\0" * 40, "GGML"),
        (b"MZqFpD='\n'", "llamafile"),
        (bytes(4096), "zeros"),
        (b'{"error": "not found"}', "JSON"),
        (b"this is no model\n" * 100, "is not a GGUF model$"),
    ],
)
def test_what_is_no_gguf_is_named(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=rf"file\.gguf is not a GGUF model.*{words}|{words}") as caught:
        gguf.read(path)
    assert caught.value.message.startswith("file.gguf is not a GGUF model")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("architecture", "values", "words"),
    [
        ("gemma3n", {}, "a gemma3n model, which llamafile 0.9.3 does not know"),
        ("gpt-oss", {}, "a gpt-oss model"),
        ("llama4", {}, "a llama4 model"),
        ("lfm2", {}, "a lfm2 model"),
        ("gptj", {}, "a gptj model"),
        ("clip", {}, "projector"),
        ("llama", {"general__type": "mmproj"}, "projector"),
        ("llama", {"general__type": "adapter"}, "adapter"),
        ("bert", {}, "embeddings"),
        ("nomic-bert", {}, "embeddings"),
        ("gemma-embedding", {}, "embeddings"),
        ("qwen3", {"__pooling_type": 3}, "embeddings"),
        ("llama", {"__attention__causal": False}, "embeddings"),
        ("t5", {}, "encoder"),
        ("llama", {"split__count": 3}, "one of 3 parts"),
        ("llama", {"tensors": 0}, "vocabulary without a model"),
    ],
)
def test_what_llamafile_cannot_serve_is_refused_in_words(
    architecture: str, values: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "model.gguf", architecture, **values)
    with pytest.raises(ModelError, match=words) as caught:
        gguf.check(path, "my-model", ENGINE)
    assert caught.value.message.startswith("my-model is ")
    assert caught.value.hint


@pytest.mark.parametrize("architecture", ["gemma3", "qwen3", "phi3", "llama", "gemma2", "mamba"])
def test_what_llamafile_knows_is_taken(architecture: str, tmp_path: Path) -> None:
    path = write(tmp_path / "model.gguf", architecture, __pooling_type=0)
    assert gguf.check(path, "my-model", ENGINE).architecture == architecture


def test_each_version_knows_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "model.gguf", "qwen3")
    gguf.check(path, "my-model", "0.9.3")
    with pytest.raises(ModelError, match=r"llamafile 0\.9\.2"):
        gguf.check(path, "my-model", "0.9.2")
    # of one that nobody has looked into, nothing is claimed
    gguf.check(write(tmp_path / "new.gguf", "gemma3n"), "my-model", "0.10.6")


def test_weights_of_a_newer_kind_are_refused(model: Path, tmp_path: Path) -> None:
    data = bytearray(model.read_bytes())
    place = data.index(b"token_embd.weight") + len(b"token_embd.weight") + 4 + 2 * 8
    data[place : place + 4] = struct.pack("<I", 39)
    path = tmp_path / "mxfp4.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="weights of type 39"):
        gguf.check(path, "my-model", ENGINE)


def test_other_versions_and_byte_orders_are_refused(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.gguf"
    for version in (1, 4):
        path.write_bytes(b"GGUF" + struct.pack("<I", version) + model.read_bytes()[8:])
        with pytest.raises(ModelError, match=f"version {version} of GGUF"):
            gguf.read(path)
    writer = GGUFWriter(str(path), "llama", endianess=GGUFEndian.BIG)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ModelError, match="big-endian"):
        gguf.read(path)


def test_the_beginning_tells_before_the_rest_is_there(model: Path) -> None:
    data = model.read_bytes()
    header = gguf.begin(data[:1500], "tiny")
    assert header
    assert (header.architecture, header.kv_bytes_per_token, header.needs) == ("llama", 512, 0)
    gguf.refuse(header, "tiny", ENGINE)
    assert gguf.begin(data[:40], "tiny") is None
    with pytest.raises(ModelError, match="web page"):
        gguf.begin(b"<!doctype html>", "tiny")


def hostile(values: bytes, *, tensors: int = 0, count: int = 1) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, count) + values


def text(words: bytes) -> bytes:
    return struct.pack("<Q", len(words)) + words


CUT, LONG = "cut off within its header", "a header of more than 64 MiB"


@pytest.mark.parametrize(
    ("data", "small", "huge"),
    [
        (hostile(b"", count=1 << 63), "9223372036854775808 values", "9223372036854775808 values"),
        (hostile(b"", tensors=1 << 63, count=0), "9223372036854775808 tensors", "tensors and 0 values"),
        (hostile(struct.pack("<Q", 1 << 62)), "a text of 4611686018427387904", "where a name should be"),
        (hostile(text(b"general.name") + struct.pack("<IQ", 8, 1 << 32)), "where a name", "where a name"),
        (hostile(text(b"some.name") + struct.pack("<IQ", 8, 1 << 32)), CUT, LONG),
        (hostile(text(b"some.name") + struct.pack("<IQ", 8, (1 << 64) - 1)), CUT, CUT),
        (hostile(text(b"some.list") + struct.pack("<IIQ", 9, 8, 1 << 62)), "a list of 46", "a list of 46"),
        (hostile(text(b"some.list") + struct.pack("<IIQ", 9, 4, 1 << 30)), CUT, LONG),
        (hostile(text(b"a.attention.head_count") + struct.pack("<IIQ", 9, 4, 1 << 30)), CUT, LONG),
        (hostile(text(b"some.list") + struct.pack("<IIQ", 9, 9, 3)), "unknown type 9", "unknown type 9"),
        (hostile(text(b"some.list") + struct.pack("<I", 77)), "unknown type 77", "unknown type 77"),
        (hostile(text(b"general.alignment") + struct.pack("<II", 4, 0)), "alignment of 0", "alignment of 0"),
        (hostile(text(b"t") + struct.pack("<I", 1 << 31), tensors=1, count=0), "dimensions", "dimensions"),
        (
            hostile(text(b"t") + struct.pack("<IQQIQ", 2, 1 << 62, 8, 0, 0), tensors=1, count=0),
            "a tensor of 36893488147419103232 weights",
            "a tensor of 36893488147419103232 weights",
        ),
        (
            hostile(text(b"t") + struct.pack("<IQIQ", 1, 8, 0, (1 << 64) - 1), tensors=1, count=0),
            "is cut off: it has 57 bytes",
            "is cut off: it has 8589934592 bytes",
        ),
    ],
)
def test_hostile_numbers_cost_nothing(data: bytes, small: str, huge: str, tmp_path: Path) -> None:
    """Also in a file that claims to be huge: bytes that were never written take no room on the disk."""
    path = tmp_path / "hostile.gguf"
    path.write_bytes(data)
    for size, words in ((len(data), small), (1 << 33, huge)):
        with path.open("r+b") as file:
            file.truncate(size)
        tracemalloc.start()
        with pytest.raises(ModelError, match=words):
            gguf.read(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 << 20


def test_a_list_for_more_layers_than_any_model_has_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(hostile(text(b"a.attention.head_count") + struct.pack("<IIQ", 9, 4, 1 << 23)))
    with path.open("r+b") as file:
        file.truncate(1 << 26)
    tracemalloc.start()
    assert gguf.read(path).kv_bytes_per_token is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_many_values_worth_keeping_take_no_memory(tmp_path: Path) -> None:
    one = b"".join(
        text(b"%d.context_length" % number) + struct.pack("<I", 8) + text(b"x" * 60_000)
        for number in range(500)
    )
    path = tmp_path / "hostile.gguf"
    path.write_bytes(hostile(one, count=500))
    del one
    tracemalloc.start()
    with pytest.raises(ModelError, match="broken GGUF file"):
        gguf.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@given(st.data())
def test_any_damage_is_a_header_or_our_error(model: Path, data: st.DataObject) -> None:
    whole = bytearray(model.read_bytes()[:6000])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 8))
        new = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"\xff" * 8, b"\xff" * 4, bytes(8), b"\x7f"])
        )
        if data.draw(st.booleans()):
            whole[place : place + len(new)] = new
        else:
            whole[place:place] = new
    path = model.with_name("damaged.gguf")
    path.write_bytes(whole)
    for look in (lambda: gguf.check(path, "damaged", ENGINE), lambda: gguf.begin(bytes(whole), "damaged")):
        try:
            look()
        except BootstrapError as error:
            assert error.message.startswith("damaged is ")
            assert error.hint


@given(st.binary(max_size=300))
def test_any_bytes_are_our_error(tail: bytes) -> None:
    for data in (tail, b"GGUF" + tail, b"GGUF\x03\0\0\0" + tail):
        try:
            gguf.begin(data, "noise")
        except ModelError as error:
            assert error.message.startswith("noise is ")
