"""The time of an engine's steps as a table, so that a step costs one look and no formula."""

from infra.sizing.estimates import Steps

_CHUNK = 64  # tokens of prompts: steps whose number differs by less take the same time


class StepTimes:
    """Of a server with at most `seqs` requests at once. A step's time grows evenly with the tokens that they keep."""

    def __init__(self, steps: Steps, seqs: int, *, prompt: float, output: float) -> None:
        self._steps, self._prompt = steps, prompt
        self._length = prompt + output / 2  # of the mean request while it runs
        self.slope = [0.0, *(self._slope(number) for number in range(1, seqs + 1))]  # seconds per token that is kept
        self._mixed: dict[tuple[int, int, int], float] = {}
        self.base = [self._at_no_tokens(number, 0, 0) for number in range(seqs + 1)]
        self.beside = [steps.beside_steps(number, self._seconds(number, 0, 0, 1.0)) for number in range(seqs + 1)]

    def mixed(self, decoding: int, prompts: int, tokens: int) -> float:
        """Seconds of a step that also reads prompts, without those for the tokens that are kept."""
        key = (decoding, prompts, tokens // _CHUNK)
        found = self._mixed.get(key)
        if found is None:
            read = min(tokens, tokens // _CHUNK * _CHUNK + _CHUNK // 2)
            found = self._mixed[key] = self._at_no_tokens(decoding, prompts, max(1, read))
        return found

    def _slope(self, number: int) -> float:
        low, high = (self._seconds(number, 0, 0, share) for share in (0.5, 1.5))
        return (high - low) / (number * self._length)

    def _at_no_tokens(self, decoding: int, prompts: int, tokens: int) -> float:
        return self._seconds(decoding, prompts, tokens, 1.0) - self.slope[decoding] * decoding * self._length

    def _seconds(self, decoding: int, prompts: int, tokens: int, share: float) -> float:
        return self._steps.step_seconds(decoding, prompts, tokens, length=share * self._length, prompt=self._prompt)
