"""The mean request for which a rate of tokens is estimated."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeanRequest:
    """The tokens of a mean request. No two prompts begin alike, so the prefix cache saves nothing."""

    prompt: int
    output: int

    @property
    def mean_held(self) -> float:
        """The tokens that a running request keeps in the cache, on average."""
        return self.prompt + self.output / 2


# About the mean of conversations in Azure's trace of 2023 (github:Azure/AzurePublicDataset, ..._conv.csv).
MEAN_REQUEST = MeanRequest(prompt=1024, output=256)
# Lengths are uneven: lognormal, with these deviations; about as uneven as those of conversations (assumed).
SPREAD_PROMPT, SPREAD_OUTPUT = 0.9, 0.8
# Requests at once for which a speed is said, whatever the server takes.
CONCURRENCIES = (1, 8, 32, 128)
