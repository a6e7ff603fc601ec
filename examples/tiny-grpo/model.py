"""A language model made on the spot: a Llama of 350 thousand weights over single characters, which learns to add.

It has the files that real ones have (config.json, model.safetensors, tokenizer.json), so engines and trainers take it
as they take any other. Supervised pre-training is on sums whose answers often have a digit too many, and ends as soon
as the model is right as often as ``--accuracy`` says: it can add then, and is careless. Reinforcement learning has that
to mend.
"""

import argparse
import os
import random
import shutil
import string
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, EOS, UNKNOWN = "<pad>", "<eos>", "<unk>"
VOCABULARY = [PAD, EOS, UNKNOWN, *string.digits, *string.ascii_letters, *" +-*/=().,:?!"]
LARGEST = 14
"""The largest number that is added: 225 sums."""
CARELESS = 0.45
"""The part of the answers in pre-training that go on with a digit of no meaning."""
WEIGHTS = "model.safetensors"


def sums() -> list[tuple[str, str]]:
    """Every prompt with its answer."""
    numbers = range(LARGEST + 1)
    return [(f"{a}+{b}=", str(a + b)) for a in numbers for b in numbers]


def character_tokenizer() -> PreTrainedTokenizerFast:
    """One token a character; each character that it does not know is one token too."""
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(VOCABULARY)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=EOS, unk_token=UNKNOWN, clean_up_tokenization_spaces=False
    )


def new_model(seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    return LlamaForCausalLM(  # type: ignore[no-untyped-call]
        LlamaConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=False,
            pad_token_id=VOCABULARY.index(PAD),
            bos_token_id=None,
            eos_token_id=VOCABULARY.index(EOS),
            dtype="float32",
        )
    )


def load_model(folder: Path) -> LlamaForCausalLM:
    model: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model


def token_log_probabilities(
    logits: Callable[[torch.Tensor], torch.Tensor], sequences: Sequence[Sequence[int]]
) -> torch.Tensor:
    """The log-probability of each token behind the first, [sequence, longest - 1]; what lies behind an end is noise."""
    longest = max(map(len, sequences))
    ids = torch.tensor([[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences])
    before = logits(ids)[:, :-1]  # causal: padding on the right changes nothing before it
    return torch.log_softmax(before, dim=-1).gather(2, ids[:, 1:, None]).squeeze(2)


def save_weights(weights: Mapping[str, torch.Tensor], folder: Path, version: int, trained: str) -> None:
    """Replaces the folder's weights at once: a reader sees the old or the new ones, and what they carry.

    :param trained: the name of the batch that led to them
    """
    beside = folder / f".weights-{os.getpid()}"
    metadata = {"format": "pt", "weight_version": str(version), "trained": trained}
    save_file({name: weight.contiguous() for name, weight in weights.items()}, beside, metadata)
    os.replace(beside, folder / WEIGHTS)


def saved_version(folder: Path) -> tuple[int, str]:
    """The version of the folder's weights, and the batch that led to them; 0 and none before the first update."""
    with safe_open(folder / WEIGHTS, framework="pt") as weights:
        carried = weights.metadata() or {}
    return int(carried.get("weight_version", "0")), carried.get("trained", "")


def pretrain(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, goal: float, seed: int) -> float:
    """Trains until right answers have ``goal`` of the probability, in the mean over all sums."""
    draw = random.Random(seed)
    end = VOCABULARY.index(EOS)

    def example(prompt: str, answer: str) -> tuple[int, list[int]]:
        return len(prompt), [*tokenizer.encode(prompt + answer), end]

    def careless(answer: str) -> str:
        return answer + (draw.choice(string.digits) if draw.random() < CARELESS else "")

    def answers(chosen: Sequence[tuple[int, list[int]]]) -> list[torch.Tensor]:
        rows = token_log_probabilities(lambda ids: model(input_ids=ids).logits, [ids for _, ids in chosen])
        return [row[prompt - 1 : len(ids) - 1] for row, (prompt, ids) in zip(rows, chosen, strict=True)]

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    right = [example(*asked) for asked in sums()]
    reached = 0.0
    for step in range(1, 3001):
        batch = [example(prompt, careless(answer)) for prompt, answer in draw.sample(sums(), 64)]
        loss = -torch.cat(answers(batch)).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 10 == 0:
            with torch.no_grad():
                reached = sum(float(row.sum().exp()) for row in answers(right)) / len(right)
            if reached >= goal:
                return reached
    raise SystemExit(f"model: {reached:.0%} right after {step} steps of pre-training, {goal:.0%} wanted")


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the model and pre-trains it; does nothing where it is there.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accuracy", type=float, default=0.5, help="pre-train until it is right so often")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    if folder.is_dir():
        return
    begun = time.monotonic()
    tokenizer, model = character_tokenizer(), new_model(arguments.seed)
    reached = pretrain(model, tokenizer, arguments.accuracy, arguments.seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        tokenizer.save_pretrained(beside)
        model.save_pretrained(beside)
        os.rename(beside, folder)
    except OSError:
        if not folder.is_dir():  # else another made it meanwhile
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    seconds = time.monotonic() - begun
    print(f"the model adds right {reached:.0%} of the time after {seconds:.0f} s of pre-training", flush=True)


if __name__ == "__main__":
    main()
