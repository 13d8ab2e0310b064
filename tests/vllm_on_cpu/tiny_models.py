"""Tiny models with random weights, laid out as the prefetch Job leaves a repository: config, safetensors, tokenizer.

Nothing of vLLM is imported, so that a change of its libraries can't change what the tests start it with.
"""

import json
import random
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HIDDEN, LAYERS, HEADS, KV_HEADS, WIDTH = 128, 2, 4, 2, 256
HEAD = HIDDEN // HEADS  # 32 is the smallest that its attention on a CPU computes
PAD, END, START = "<|endoftext|>", "<|im_end|>", "<|im_start|>"
SPECIAL = (PAD, START, END, "<tool_call>", "</tool_call>", "<think>", "</think>", "yes", "no")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
Tensors = dict[str, tuple[int, ...]]


def write_chat(folder: Path, *, context: int) -> None:
    """Qwen3: 2 layers of width 128, a vocabulary of bytes."""
    config = {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "hidden_act": "silu",
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000,
        "tie_word_embeddings": False,
    }
    _write(folder, config, _qwen3(), context)


def write_encoder(folder: Path, *, context: int, scores: bool) -> None:
    """XLM-RoBERTa: a vector per text or, with a head, a score per pair."""
    config: dict[str, Any] = {
        "architectures": ["XLMRobertaForSequenceClassification" if scores else "XLMRobertaModel"],
        "model_type": "xlm-roberta",
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "position_embedding_type": "absolute",
    }
    if scores:
        config |= {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    # Its positions begin at padding_idx + 1.
    _write(folder, config, _roberta(context + 2, scores=scores), context + 2)


def _write(folder: Path, config: Mapping[str, Any], tensors: Tensors, positions: int) -> None:
    folder.mkdir(parents=True)
    shape = {
        "hidden_size": HIDDEN,
        "intermediate_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "vocab_size": _vocabulary_size(),
        "max_position_embeddings": positions,
        "torch_dtype": "bfloat16",
        "bos_token_id": _id(PAD),
        "eos_token_id": _id(END),
    }
    tokenizer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": TEMPLATE,
        "eos_token": END,
        "pad_token": PAD,
        "bos_token": None,
        "model_max_length": positions,
    }
    files = {
        "config.json": {**shape, **config},
        "generation_config.json": {"eos_token_id": _id(END), "pad_token_id": _id(PAD)},
        "tokenizer_config.json": tokenizer,
        "tokenizer.json": _tokenizer(),
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(_safetensors(tensors))


def _qwen3() -> Tensors:
    tensors: Tensors = {
        "model.embed_tokens.weight": (_vocabulary_size(), HIDDEN),
        "model.norm.weight": (HIDDEN,),
        "lm_head.weight": (_vocabulary_size(), HIDDEN),
    }
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        tensors |= {
            f"{at}.input_layernorm.weight": (HIDDEN,),
            f"{at}.post_attention_layernorm.weight": (HIDDEN,),
            f"{at}.self_attn.q_proj.weight": (HEADS * HEAD, HIDDEN),
            f"{at}.self_attn.k_proj.weight": (KV_HEADS * HEAD, HIDDEN),
            f"{at}.self_attn.v_proj.weight": (KV_HEADS * HEAD, HIDDEN),
            f"{at}.self_attn.o_proj.weight": (HIDDEN, HEADS * HEAD),
            f"{at}.self_attn.q_norm.weight": (HEAD,),
            f"{at}.self_attn.k_norm.weight": (HEAD,),
            f"{at}.mlp.gate_proj.weight": (WIDTH, HIDDEN),
            f"{at}.mlp.up_proj.weight": (WIDTH, HIDDEN),
            f"{at}.mlp.down_proj.weight": (HIDDEN, WIDTH),
        }
    return tensors


def _roberta(positions: int, *, scores: bool) -> Tensors:
    root = "roberta." if scores else ""
    tensors: Tensors = {
        f"{root}embeddings.word_embeddings.weight": (_vocabulary_size(), HIDDEN),
        f"{root}embeddings.position_embeddings.weight": (positions, HIDDEN),
        f"{root}embeddings.token_type_embeddings.weight": (1, HIDDEN),
        **_norm(f"{root}embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        at = f"{root}encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            tensors |= _linear(f"{at}.{part}", HIDDEN, HIDDEN)
        tensors |= _norm(f"{at}.attention.output.LayerNorm") | _norm(f"{at}.output.LayerNorm")
        tensors |= _linear(f"{at}.intermediate.dense", WIDTH, HIDDEN) | _linear(f"{at}.output.dense", HIDDEN, WIDTH)
    if scores:
        tensors |= _linear("classifier.dense", HIDDEN, HIDDEN) | _linear("classifier.out_proj", 1, HIDDEN)
    return tensors


def _linear(name: str, rows: int, columns: int) -> Tensors:
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def _norm(name: str) -> Tensors:
    return {f"{name}.weight": (HIDDEN,), f"{name}.bias": (HIDDEN,)}


def _safetensors(tensors: Tensors) -> bytes:
    """Bfloat16: the upper half of a float32. Norms are 1, everything else is random and small."""
    draw = random.Random(11)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = bytearray()
    for name, shape in tensors.items():
        count, start = shape[0] * (shape[1] if len(shape) > 1 else 1), len(body)
        norm = "norm" in name.lower() and name.endswith("weight")
        values = (1.0 if norm else draw.gauss(0, 0.2) for _ in range(count))
        body += b"".join(struct.pack("<f", value)[2:] for value in values)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, len(body)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(body)


def _alphabet() -> list[str]:
    """One printable character per byte, as GPT-2's byte-level tokenizer names them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(256 + others.index(byte)) for byte in range(256)]


def _vocabulary_size() -> int:
    return 256 + len(SPECIAL)


def _id(special: str) -> int:
    return 256 + SPECIAL.index(special)


def _tokenizer() -> dict[str, Any]:
    added = [
        {
            "id": _id(token),
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": token in (PAD, START, END),
        }
        for token in SPECIAL
    ]
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": bytes_,
        "post_processor": None,
        "decoder": bytes_,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {character: index for index, character in enumerate(_alphabet())},
            "merges": [],
        },
    }
