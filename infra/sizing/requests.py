"""The mean request that a rate of tokens is stated for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeanRequest:
    """Tokens of a mean request. No prompt shares its beginning with another's."""

    prompt: int
    output: int

    @property
    def mean_held(self) -> float:
        """What a running request keeps in the cache, on average."""
        return self.prompt + self.output / 2


# About the mean of conversations in Azure's trace of 2023 (github:Azure/AzurePublicDataset, ..._conv.csv).
MEAN_REQUEST = MeanRequest(prompt=1024, output=256)
