"""Runs where vLLM is installed: says of each command line whether its parser and its model configuration accept it.

stdin: a list of {args, config}; config is the folder with a config.json, or null for the parser alone.
The last line of stdout: a list of what it said against each; null where it accepts it.
"""

import contextlib
import io
import json
import sys
import traceback
from typing import Any

from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.entrypoints.launchers.launcher import validate_api_server_args
from vllm.model_executor.models import llama, registry
from vllm.platforms import current_platform
from vllm.reasoning import ReasoningParserManager
from vllm.utils.argparse_utils import FlexibleArgumentParser

# A model's code is read in this process; vLLM starts one per architecture, each as slow as its own start.
registry._run_in_subprocess = lambda read: read()
# Empty is all: what a CPU can't compute is not what is asked.
type(current_platform).supported_quantization = []
PARSER = make_arg_parser(FlexibleArgumentParser())


def refusal(case: dict[str, Any]) -> str | None:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            check(case)
    except SystemExit:
        return said.getvalue()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def check(case: dict[str, Any]) -> None:
    args = PARSER.parse_args(case["args"])
    validate_parsed_serve_args(args)
    validate_api_server_args(args)
    if args.reasoning_parser:  # as the server does once the weights are loaded
        ReasoningParserManager.get_reasoning_parser(args.reasoning_parser)
    if case["config"] is not None:
        args.model, args.tokenizer, args.skip_tokenizer_init = case["config"], None, True
        model = AsyncEngineArgs.from_cli_args(args).create_model_config()
        split_heads(model, args.tensor_parallel_size)


def split_heads(model: Any, gpus: int) -> None:
    """Llama's attention divides the heads among GPUs before anything else, as those of other families do."""
    shape = model.model_arch_config
    llama.get_tensor_model_parallel_world_size = lambda: gpus
    try:
        heads = (shape.total_num_attention_heads, shape.total_num_kv_heads)
        llama.LlamaAttention(model.hf_text_config, shape.hidden_size, *heads, prefix="model.layers.0")
    except Exception as error:  # nothing here is made for a layer outside its model: all but the heads is left out
        failed = traceback.extract_tb(error.__traceback__)[-1].line or ""
        if isinstance(error, AssertionError) and "tp_size" in failed:
            raise AssertionError(failed) from error


print(json.dumps([refusal(case) for case in json.load(sys.stdin)]))
