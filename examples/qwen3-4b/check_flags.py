"""Gives the arguments of train, engine-sglang and engine-vllm to the parsers that will read them: slime's own, which is
Megatron's and SGLang's besides, SGLang's and vLLM's. No GPU, no model and no server is needed, only their sources:

    check_flags.py --slime DIR --megatron DIR --sglang DIR      in an environment that has torch, transformers and vLLM

where DIR is a checkout (Megatron at the commit of slime's Dockerfile) and, for SGLang, a folder into which the wheels
of sglang and sglang-router were unpacked. scripts/setup-vllm writes the name of such an interpreter. Packages that the
parsers import and do not use may be missing; which were, is said. Ends with 1 when a parser refuses.
"""

import argparse
import importlib.abc
import importlib.machinery
import json
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

MAY_BE_MISSING = {"IPython", "orjson", "wandb", "ray"}

# As much of the model's configuration as slime compares its arguments with.
QWEN3_4B = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "vocab_size": 151936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000,
    "max_position_embeddings": 40960,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


class Absent(types.ModuleType):
    """A package that is not there: importing from it works, using what was imported does not."""

    __path__: Sequence[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")


class AbsentPackages(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last, so only for what no other finder has."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top not in MAY_BE_MISSING:
            return None
        self.asked.add(top)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> Absent:
        return Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


known: set[str] = set()
"""Flags of all the parsers that were asked: slime's three let each other's pass, and so an unknown one."""


def remember_flags() -> None:
    asked = argparse.ArgumentParser.parse_known_args

    def parse_known_args(self: argparse.ArgumentParser, *arguments: Any, **named: Any) -> Any:
        known.update(self._option_string_actions)
        return asked(self, *arguments, **named)

    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]


def parse_slime() -> None:
    import torch  # noqa: PLC0415

    # Megatron asks for the kind of GPU: a Hopper, if there is none.
    torch.cuda.get_device_properties = lambda *_: types.SimpleNamespace(major=9, minor=0)
    from slime.utils.arguments import parse_args  # noqa: PLC0415 - of the folders given

    arguments = parse_args()
    if arguments.rollout_function_path != "millrace.slime.generate_rollout":
        raise SystemExit(f"slime would roll out by {arguments.rollout_function_path}")


def parse_sglang() -> None:
    from sglang.srt.server_args import ServerArgs  # noqa: PLC0415

    parser = argparse.ArgumentParser(allow_abbrev=False)
    ServerArgs.add_cli_args(parser)
    parser.parse_args()


def parse_vllm() -> None:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser  # noqa: PLC0415
    from vllm.utils.argparse_utils import FlexibleArgumentParser  # noqa: PLC0415

    parser = make_arg_parser(FlexibleArgumentParser(allow_abbrev=False))
    parser.parse_args()


PARSERS = {"train": parse_slime, "engine-sglang": parse_sglang, "engine-vllm": parse_vllm}


def parse(script: str) -> None:
    """In a process of its own: the script's arguments are this process's, as they will be the program's."""
    absent = AbsentPackages()
    sys.meta_path.append(absent)
    remember_flags()
    PARSERS[script]()
    flags = [word for word in sys.argv if word.startswith("--")]
    unknown = [flag for flag in flags if flag not in known]
    if unknown:
        raise SystemExit(f"{script}: nobody knows {', '.join(unknown)}")
    missing = f" (not installed, not used: {', '.join(sorted(absent.asked))})" if absent.asked else ""
    print(f"{script}: {len(flags)} flags taken{missing}")


def check(script: str, sources: dict[str, Path], scratch: Path) -> bool:
    """Whether the parser takes what the script gives. Paths that this machine need not have are replaced."""
    model = scratch / "Qwen3-4B"
    model.mkdir(exist_ok=True)
    (model / "config.json").write_text(json.dumps(QWEN3_4B))
    paths = (HERE / "paths.env").read_text().splitlines()
    values = dict(line.split("#")[0].strip().split("=", 1) for line in paths if line[:1].isalpha())
    converted = scratch / "converted"
    converted.mkdir(exist_ok=True)
    replaced = values | {"MODEL": model, "MODEL_TORCH_DIST": converted, "SLIME": sources["slime"]}
    copy = scratch / "example"
    copy.mkdir(exist_ok=True)
    (copy / "paths.env").write_text("".join(f"{name}={value}\n" for name, value in replaced.items()))
    (copy / script).write_bytes((HERE / script).read_bytes())
    written = subprocess.run(["bash", copy / script, "--print"], check=True, stdout=subprocess.PIPE, text=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in sources.values()),
        "CUDA_DEVICE_MAX_CONNECTIONS": "1",  # as train gives it to the job
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, __file__, "--parse", script, "--", *written.stdout.splitlines()]
    ended = subprocess.run(
        command, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = ended.stdout.splitlines()
    print("\n".join(lines[-12:] if ended.returncode else [line for line in lines if line.startswith(f"{script}:")]))
    return ended.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether slime, SGLang and vLLM take the flags of this example.")
    for name in ("slime", "megatron", "sglang"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    sources = {name: folder.resolve() for name, folder in vars(arguments).items()}
    with tempfile.TemporaryDirectory() as scratch:
        taken = [check(script, sources, Path(scratch)) for script in PARSERS]
    return 0 if all(taken) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parse"]:
        name = sys.argv[2]
        sys.argv = [name, *sys.argv[4:]]
        parse(name)
    else:
        sys.exit(main())
