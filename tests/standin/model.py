"""A tiny GGUF: a two-layer llama with random weights whose tokens are the 256 bytes.

It says nothing sensible, but it is a real model: llama.cpp loads it, reads any text with it, and
completes under any GBNF grammar, some thousand tokens a second.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

CONTEXT = 32768
WIDTH, HEADS, LAYERS, FEED_FORWARD = 64, 2, 2, 128
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# llama.cpp writes a space as U+2581 before it looks for tokens: with a token of its own a space
# counts as one, without it as three.
TOKENS = [
    (b"<unk>", TokenType.UNKNOWN),
    (b"<s>", TokenType.CONTROL),
    (b"</s>", TokenType.CONTROL),
    *((b"<0x%02X>" % byte, TokenType.BYTE) for byte in range(256)),
    ("\u2581".encode(), TokenType.NORMAL),
]


def make(target: Path, *, seed: int = 1) -> None:
    """Write the model of this seed to `target`: the same seed, the same bytes."""
    writer = GGUFWriter(str(target), "llama")
    _describe(writer, seed)
    _add_vocabulary(writer)
    _add_weights(writer, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: GGUFWriter, seed: int) -> None:
    writer.add_name(f"stand-in {seed}")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)


def _add_vocabulary(writer: GGUFWriter) -> None:
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in TOKENS])
    writer.add_token_types([kind for _, kind in TOKENS])
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHATML)


def _add_weights(writer: GGUFWriter, random: np.random.Generator) -> None:
    def add(name: str, *shape: int, spread: float = 0.2) -> None:
        writer.add_tensor(name, random.normal(0, spread, shape).astype(np.float32))

    def add_norm(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, np.float32))

    add("token_embd.weight", len(TOKENS), WIDTH, spread=1.0)
    add_norm("output_norm.weight")
    add("output.weight", len(TOKENS), WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        add_norm(f"{block}.attn_norm.weight")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"{block}.{part}.weight", WIDTH, WIDTH)
        add_norm(f"{block}.ffn_norm.weight")
        add(f"{block}.ffn_gate.weight", FEED_FORWARD, WIDTH)
        add(f"{block}.ffn_up.weight", FEED_FORWARD, WIDTH)
        add(f"{block}.ffn_down.weight", WIDTH, FEED_FORWARD)
