"""config.json files of public repositories, and what a token keeps: layers x KV heads x (key + value) x 2 bytes.

Fields that decide nothing here were taken out: token ids, long lists of modules. Read 2026-11.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONFIGS = Path(__file__).parent / "configs"
_OME = "github:sgl-project/ome@17b77ed pkg/hfutil/modelconfig/testdata/"
_AIC = "github:ai-dynamo/aiconfigurator@095f58a aic-core/src/aiconfigurator_core/model_configs/"


@dataclass(frozen=True)
class Family:
    """One repository's config.json, and what must come of it."""

    name: str
    source: str
    kv_bytes: float  # of a token in 16 bit, in all layers that keep it
    windowed: float = 0  # in those of them that keep a window
    context: int | None = None
    dtype: str | None = "bf16"
    modality: str = "text"

    @property
    def config(self) -> Mapping[str, Any]:
        return read(self.name)


def read(name: str) -> Mapping[str, Any]:
    return json.loads((_CONFIGS / f"{name.replace('/', '--')}.json").read_text(encoding="utf-8"))


FAMILIES = (
    Family(
        "meta-llama/Llama-3.1-8B",
        _AIC + "meta-llama--Meta-Llama-3.1-8B_config.json",
        2 * 32 * 8 * 128 * 2,
        context=131072,
    ),
    Family("meta-llama/Llama-3.2-1B-Instruct", _OME + "llama3_2_1b.json", 2 * 16 * 8 * 64 * 2, context=131072),
    Family(
        "meta-llama/Llama-3.2-11B-Vision-Instruct",
        _OME + "llama3_2_11b_vision.json",
        2 * 32 * 8 * 128 * 2,
        context=131072,
        modality="vision",
    ),
    Family(
        "meta-llama/Llama-4-Scout-17B-16E-Instruct",
        _OME + "llama4_scout_17b_16e.json",
        2 * 48 * 8 * 128 * 2,
        windowed=2 * 36 * 8 * 128 * 2,
        context=10485760,
        modality="vision",
    ),
    Family(
        "mistralai/Mistral-7B-v0.1",
        _OME + "mistral.json",
        2 * 32 * 8 * 128 * 2,
        windowed=2 * 32 * 8 * 128 * 2,
        context=32768,
    ),
    Family(
        "mistralai/Mixtral-8x7B-v0.1",
        _AIC + "mistralai--Mixtral-8x7B-v0.1_config.json",
        2 * 32 * 8 * 128 * 2,
        context=32768,
    ),
    Family("Qwen/Qwen2.5-7B-Instruct", _OME + "qwen2.5_7b.json", 2 * 28 * 4 * 128 * 2, context=131072),
    Family(
        "Qwen/Qwen2.5-VL-7B-Instruct",
        _OME + "qwen2.5_vl_7b.json",
        2 * 28 * 4 * 128 * 2,
        context=128000,
        modality="vision",
    ),
    Family("Qwen/Qwen3-8B", _AIC + "Qwen--Qwen3-8B_config.json", 2 * 36 * 8 * 128 * 2, context=40960),
    Family(
        "Qwen/Qwen3-32B-FP8", _AIC + "Qwen--Qwen3-32B-FP8_config.json", 2 * 64 * 8 * 128 * 2, context=40960, dtype="fp8"
    ),
    Family(
        "nvidia/Qwen3-235B-A22B-NVFP4",
        _AIC + "nvidia--Qwen3-235B-A22B-NVFP4_config.json",
        2 * 94 * 4 * 128 * 2,
        context=40960,
    ),
    Family("Qwen/Qwen3-30B-A3B", _AIC + "Qwen--Qwen3-30B-A3B_config.json", 2 * 48 * 4 * 128 * 2, context=40960),
    Family(
        "Qwen/Qwen3-VL-8B-Instruct",
        _AIC + "Qwen--Qwen3-VL-8B-Instruct_config.json",
        2 * 36 * 8 * 128 * 2,
        context=262144,
        modality="vision",
    ),
    Family(
        "Qwen/Qwen3-VL-30B-A3B-Instruct",
        _AIC + "Qwen--Qwen3-VL-30B-A3B-Instruct_config.json",
        2 * 48 * 4 * 128 * 2,
        context=262144,
        modality="vision",
    ),
    Family(
        "Qwen/Qwen3.5-27B",
        _AIC + "Qwen--Qwen3.5-27B_config.json",
        2 * 16 * 4 * 256 * 2,
        context=262144,
        modality="vision",
    ),
    Family(
        "Qwen/Qwen3.5-35B-A3B",
        _AIC + "Qwen--Qwen3.5-35B-A3B_config.json",
        2 * 10 * 2 * 256 * 2,
        context=262144,
        modality="vision",
    ),
    Family("Qwen/Qwen3-Embedding-8B", _OME + "qwen3_embedding_8b.json", 2 * 36 * 8 * 128 * 2, context=40960),
    Family("Qwen/Qwen-7B-Chat", _OME + "qwen_7b.json", 2 * 32 * 32 * 128 * 2, context=8192, dtype=None),
    Family(
        "google/gemma-2-2b-it",
        _OME + "gemma_2_2b_it.json",
        2 * 26 * 4 * 256 * 2,
        windowed=2 * 13 * 4 * 256 * 2,
        context=8192,
    ),
    Family(
        "google/gemma-3-1b-it",
        _OME + "gemma3_text.json",
        2 * 26 * 1 * 256 * 2,
        windowed=2 * 22 * 1 * 256 * 2,
        context=32768,
    ),
    Family(
        "google/gemma-3-27b-it",
        _OME + "gemma3.json",
        2 * 62 * 16 * 128 * 2,
        windowed=2 * 52 * 16 * 128 * 2,
        context=131072,
        modality="vision",
    ),
    Family(
        "google/gemma-4-26B-A4B-it",
        _AIC + "google--gemma-4-26B-A4B_config.json",
        2 * 25 * 8 * 256 * 2 + 2 * 5 * 2 * 512 * 2,
        windowed=2 * 25 * 8 * 256 * 2,
        context=262144,
        modality="vision",
    ),
    Family("google/gemma-7b", _OME + "gemma_7b.json", 2 * 28 * 16 * 256 * 2, context=8192),
    Family(
        "deepseek-ai/DeepSeek-V3",
        _AIC + "deepseek-ai--DeepSeek-V3_config.json",
        61 * (512 + 64) * 2,
        context=163840,
        dtype="fp8",
    ),
    Family(
        "deepseek-ai/DeepSeek-V3.2",
        _AIC + "deepseek-ai--DeepSeek-V3.2_config.json",
        61 * ((512 + 64) * 2 + 128 + 4),
        context=163840,
        dtype="fp8",
    ),
    Family(
        "deepseek-ai/DeepSeek-V4-Pro",
        _AIC + "deepseek-ai--DeepSeek-V4-Pro_config.json",
        2 * 61 * 512 * 2,
        windowed=2 * 57 * 512 * 2,
        context=1048576,
        dtype="fp8",
    ),
    Family(
        "deepseek-ai/deepseek-vl2-tiny",
        _OME + "deepseek_vl2_tiny.json",
        2 * 12 * 10 * 128 * 2,
        context=4096,
        modality="vision",
    ),
    Family(
        "moonshotai/Kimi-K2-Instruct", _OME + "kimi_k2_instruct.json", 61 * (512 + 64) * 2, context=131072, dtype="fp8"
    ),
    Family(
        "moonshotai/Kimi-K2.5",
        _AIC + "moonshotai--Kimi-K2.5_config.json",
        61 * (512 + 64) * 2,
        context=262144,
        dtype="compressed-tensors-w4a16",
        modality="vision",
    ),
    Family("zai-org/GLM-5", _AIC + "zai-org--GLM-5_config.json", 78 * ((512 + 64) * 2 + 128 + 4), context=202752),
    Family("zai-org/glm-4-9b-chat", _OME + "glm4_9b.json", 2 * 40 * 2 * 128 * 2, context=8192),
    Family(
        "openai/gpt-oss-20b",
        _OME + "gpt_oss_20b.json",
        2 * 24 * 8 * 64 * 2,
        windowed=2 * 12 * 8 * 64 * 2,
        context=131072,
        dtype="mxfp4",
    ),
    Family(
        "openai/gpt-oss-120b",
        _AIC + "openai--gpt-oss-120b_config.json",
        2 * 36 * 8 * 64 * 2,
        windowed=2 * 18 * 8 * 64 * 2,
        context=131072,
        dtype="mxfp4",
    ),
    Family(
        "MiniMaxAI/MiniMax-M2.5",
        _AIC + "MiniMaxAI--MiniMax-M2.5_config.json",
        2 * 62 * 8 * 128 * 2,
        context=196608,
        dtype="fp8",
    ),
    Family(
        "XiaomiMiMo/MiMo-V2-Flash",
        _AIC + "XiaomiMiMo--MiMo-V2-Flash_config.json",
        (9 * 4 + 39 * 8) * (192 + 128) * 2,
        windowed=39 * 8 * (192 + 128) * 2,
        context=262144,
        dtype="fp8",
    ),
    Family(
        "stepfun-ai/Step-3.7-Flash",
        _AIC + "stepfun-ai--Step-3.7-Flash_config.json",
        2 * 45 * 8 * 128 * 2,
        windowed=2 * 33 * 8 * 128 * 2,
        context=65536,
    ),
    Family(
        "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        _AIC + "nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16_config.json",
        2 * 6 * 2 * 128 * 2,
        context=262144,
    ),
    Family(
        "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8",
        _AIC + "nvidia--NVIDIA-Nemotron-3-Super-120B-A12B-FP8_config.json",
        2 * 8 * 2 * 128 * 2,
        context=262144,
    ),
    Family(
        "nvidia/Nemotron-H-56B-Base-8K",
        _AIC + "nvidia--Nemotron-H-56B-Base-8K_config.json",
        2 * 10 * 8 * 128 * 2,
        context=8192,
    ),
    Family(
        "nvidia/Llama-3_3-Nemotron-Super-49B-v1",
        _AIC + "nvidia--Llama-3_3-Nemotron-Super-49B-v1_config.json",
        2 * 49 * 8 * 128 * 2,
        context=131072,
    ),
    Family("microsoft/Phi-3-mini-128k-instruct", _OME + "phi3.json", 2 * 32 * 32 * 96 * 2, context=131072),
    Family("microsoft/Phi-3.5-MoE-instruct", _OME + "phimoe.json", 2 * 32 * 8 * 128 * 2, context=131072),
    Family("openbmb/MiniCPM3-4B", _OME + "minicpm3_4b.json", 2 * 62 * 40 * (64 + 32) * 2, context=32768),
    Family(
        "llava-hf/llava-1.5-7b-hf",
        _OME + "llava_1.5_7b_hf.json",
        2 * 32 * 32 * 128 * 2,
        context=4096,
        dtype="fp16",
        modality="vision",
    ),
    Family("deepseek-ai/Janus-1.3B", _OME + "janus_1.3b.json", 2 * 24 * 16 * 128 * 2, context=16384, modality="vision"),
    Family("baichuan-inc/Baichuan2-7B-Chat", _OME + "baichuan2_7b.json", 2 * 32 * 32 * 128 * 2, context=4096),
    Family("THUDM/chatglm3-6b", _OME + "chatglm3_6b.json", 2 * 28 * 2 * 128 * 2, context=8192, dtype="fp16"),
    Family("internlm/internlm2-7b", _OME + "internlm2_7b.json", 2 * 32 * 8 * 128 * 2, context=32768),
    Family(
        "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct",
        _OME + "exaone_7.8b.json",
        2 * 32 * 8 * 128 * 2,
        context=32768,
        dtype="fp32",
    ),
    Family("stabilityai/stablelm-3b-4e1t", _OME + "stablelm_3b.json", 2 * 32 * 32 * 80 * 2, context=4096),
    Family("CohereForAI/c4ai-command-r-v01", _OME + "command_r_35b.json", 2 * 40 * 64 * 128 * 2),
    Family("databricks/dbrx-instruct", _OME + "dbrx_132b.json", 2 * 48 * 12 * 128 * 2, context=32768),
    Family(
        "intfloat/e5-mistral-7b-instruct",
        _OME + "e5_mistral_7b.json",
        2 * 32 * 8 * 128 * 2,
        windowed=2 * 32 * 8 * 128 * 2,
        context=32768,
        dtype="fp16",
        modality="embedding",
    ),
    Family(
        "Alibaba-NLP/gte-Qwen2-7B-instruct",
        _OME + "gte_qwen2_7b.json",
        0,
        context=131072,
        dtype="fp32",
        modality="embedding",
    ),
    Family("BAAI/bge-large-en-v1.5", _OME + "bge_large.json", 0, context=512, dtype="fp32", modality="embedding"),
    Family(
        "Skywork/Skywork-Reward-Llama-3.1-8B",
        _OME + "skywork_reward_llama.json",
        2 * 32 * 8 * 128 * 2,
        context=131072,
        modality="rerank",
    ),
)
REFUSED = (
    ("microsoft/Phi-3-small-128k-instruct", _OME + "phi3small.json", "blocksparse_num_local_blocks"),
    ("internlm/internlm2-7b-reward", _OME + "internlm2_reward.json", "architectures"),
    ("openai/clip-vit-large-patch14-336", _OME + "clip_vision_model.json", "vocab_size"),
)
