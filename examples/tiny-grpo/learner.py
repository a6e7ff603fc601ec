"""GRPO in plain PyTorch, and the comparison of the engine's log-probabilities with the trainer's own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from model import load_model, save_weights, saved_version, token_log_probabilities
from rollouts import Rollout
from torch.func import functional_call


@dataclass
class Gap:
    """How far the engine's log-probabilities are from the trainer's own, for the weights that the spans name.

    It tests the whole chain: token ids, log-probabilities, spans and weights.
    """

    by_version: dict[int, float] = field(default_factory=dict)
    """The largest difference of a token of each version."""
    compared: int = 0
    """Tokens."""
    forgotten: int = 0
    """Tokens of versions that the learner has no weights of any more."""

    @property
    def largest(self) -> float:
        return max(self.by_version.values(), default=0.0)

    def add(self, other: "Gap") -> None:
        for version, gap in other.by_version.items():
            self.by_version[version] = max(gap, self.by_version.get(version, 0.0))
        self.compared += other.compared
        self.forgotten += other.forgotten


def advantages(rollouts: Sequence[Rollout]) -> torch.Tensor:
    """The rewards, normalised within each group; 0 throughout a group whose answers are all right or all wrong."""
    rewards: dict[int, list[float]] = defaultdict(list)
    for rollout in rollouts:
        rewards[rollout.group].append(rollout.reward)
    groups = {group: torch.tensor(values) for group, values in rewards.items()}
    means = {group: (float(values.mean()), float(values.std(correction=0))) for group, values in groups.items()}
    return torch.tensor([(r.reward - means[r.group][0]) / (means[r.group][1] + 1e-6) for r in rollouts])


def padded(rows: Sequence[Sequence[float]], width: int) -> torch.Tensor:
    return torch.tensor([[*row, *[0.0] * (width - len(row))] for row in rows])


class Learner:
    """The model in training. Of the latest versions it keeps the weights, to compare with what engines say."""

    def __init__(
        self,
        folder: Path,
        learning_rate: float = 1e-4,
        clip: float = 0.2,
        passes: int = 2,
        remembered: int = 16,
    ) -> None:
        self.folder, self.clip, self.passes, self.remembered = folder, clip, passes, remembered
        self.model = load_model(folder)
        self.version, self.trained = saved_version(folder)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=learning_rate)
        self.weights: dict[int, dict[str, torch.Tensor]] = {}
        self._remember()

    def _remember(self) -> None:
        self.weights[self.version] = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        for version in sorted(self.weights)[: -self.remembered]:
            del self.weights[version]

    def save(self, version: int, trained: str) -> None:
        """The weights are this version from here on, in the folder too.

        :param trained: the name of the batch that led to it
        """
        self.version, self.trained = version, trained
        self._remember()
        save_weights(self.weights[version], self.folder, version, trained)

    def _log_probs(self, rollouts: Sequence[Rollout], weights: Mapping[str, torch.Tensor] | None) -> torch.Tensor:
        """Of the responses' tokens, [rollout, longest response]; with these weights, or with those in training."""
        own = dict(self.model.named_parameters() if weights is None else weights.items())

        def logits(ids: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = functional_call(self.model, own, kwargs={"input_ids": ids}).logits
            return answer

        rows = token_log_probabilities(logits, [[*rollout.prompt, *rollout.response] for rollout in rollouts])
        longest = max(len(rollout.response) for rollout in rollouts)
        starts = torch.tensor([len(rollout.prompt) - 1 for rollout in rollouts])
        columns = (starts[:, None] + torch.arange(longest)[None, :]).clamp(max=rows.shape[1] - 1)
        return rows.gather(1, columns)

    @torch.no_grad()
    def gap(self, rollouts: Sequence[Rollout]) -> Gap:
        gap = Gap()
        of_version: dict[int, list[Rollout]] = defaultdict(list)
        for rollout in rollouts:
            for version in {version for version, _, _ in rollout.spans}:
                of_version[version].append(rollout)
        for version, theirs in of_version.items():
            spans = [[(a, b) for v, a, b in rollout.spans if v == version and a < b] for rollout in theirs]
            tokens = sum(b - a for ranges in spans for a, b in ranges)
            if version not in self.weights:
                gap.forgotten += tokens
                continue
            own = self._log_probs(theirs, self.weights[version])
            for row, rollout, ranges in zip(own, theirs, spans, strict=True):
                for a, b in ranges:
                    difference = (row[a:b] - torch.tensor(rollout.log_probs[a:b])).abs().max().item()
                    gap.by_version[version] = max(difference, gap.by_version.get(version, 0.0))
            gap.compared += tokens
        return gap

    def train(self, rollouts: Sequence[Rollout]) -> float:
        """PPO's clipped objective with the advantages of GRPO; answers the loss of the last pass."""
        longest = max(len(rollout.response) for rollout in rollouts)
        behaviour = padded([rollout.log_probs for rollout in rollouts], longest)
        mask = padded([rollout.loss_mask for rollout in rollouts], longest)
        advantage = advantages(rollouts)[:, None]
        loss = torch.zeros(())
        for _ in range(self.passes):
            ratio = torch.exp((self._log_probs(rollouts, None) - behaviour) * mask)
            clipped = ratio.clamp(1 - self.clip, 1 + self.clip)
            objective = torch.minimum(ratio * advantage, clipped * advantage)
            loss = -(objective * mask).sum() / mask.sum().clamp(min=1)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return loss.item()
