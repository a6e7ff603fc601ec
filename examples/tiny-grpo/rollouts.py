"""What is trained on, and where it comes from."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from engine import Engine
from model import EOS, VOCABULARY, character_tokenizer, sums


@dataclass(frozen=True)
class Rollout:
    """One answer, as the engine gave it."""

    group: int
    """Answers to one prompt have one group."""
    prompt: Sequence[int]
    response: Sequence[int]
    log_probs: Sequence[float]
    """Of the response's tokens, by the weights that made them."""
    loss_mask: Sequence[int]
    """1 where a token of the response is trained on."""
    spans: Sequence[tuple[int, int, int]]
    """(weight version, from, to), over all of the response."""
    reward: float


@dataclass(frozen=True)
class Batch:
    """What a step is trained on."""

    name: str
    """The same whenever it comes again, of no other batch."""
    lineage: int
    step: int
    weight_version: int
    """The trainer's when it was given out."""
    rollouts: list[Rollout]


class Source(Protocol):
    """Gives a batch a step, and is told what became of it."""

    def begin(self, version: int, trained: str) -> None:
        """Engines serve this version, which the batch of that name led to."""

    def next(self) -> Batch:
        """The batch of the step; it waits for it."""

    def updating(self) -> None:
        """The batch was trained on, the engines get new weights now."""

    def trained(self, version: int) -> None:
        """Engines serve these weights, which the batch led to: it is done with."""


class DirectSource:
    """Asks the engine itself, one batch after the other: nothing is generated while training, nothing survives a crash.

    This is what a queue between the two takes away; it is here to try engine and trainer alone.
    """

    def __init__(self, engine: Engine, groups: int, samples: int, seed: int) -> None:
        self.engine, self.groups, self.samples = engine, groups, samples
        self.draw = random.Random(seed)
        self.tokenizer = character_tokenizer()
        self.pool = ThreadPoolExecutor(groups)
        self.next_group = 0
        self.version = 0

    def begin(self, version: int, trained: str) -> None:  # noqa: ARG002
        self.version = version

    def next(self) -> Batch:
        chosen = [self.draw.choice(sums()) for _ in range(self.groups)]
        groups = list(self.pool.map(self._group, range(self.next_group, self.next_group + self.groups), chosen))
        step = self.next_group // self.groups
        self.next_group += self.groups
        rollouts = [rollout for group in groups for rollout in group]
        return Batch(f"direct-{self.version}-{step}", 0, step, self.version, rollouts)

    def _group(self, group: int, question: tuple[str, str]) -> list[Rollout]:
        prompt, right = (list(self.tokenizer.encode(text)) for text in question)
        right.append(VOCABULARY.index(EOS))
        return [
            Rollout(
                group=group,
                prompt=prompt,
                response=completion.tokens,
                log_probs=completion.log_probs,
                loss_mask=[1] * len(completion.tokens),
                spans=completion.spans,
                reward=float(completion.tokens == right),
            )
            for completion in self.engine.generate(prompt, self.samples, max_tokens=5)
        ]

    def updating(self) -> None:
        pass

    def trained(self, version: int) -> None:
        self.version = version
