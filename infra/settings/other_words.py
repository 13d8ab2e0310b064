"""Words that people use for what has another name here."""

import re
from collections.abc import Collection

from infra.settings.mistakes import nearest


def _each(words: str, *known: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(words.split(), known)


# A word, without its spaces and marks, to what it is called here.
_WORDS: dict[str, tuple[str, ...]] = {
    "most": ("max",),
    "least": ("min",),
    **_each("maximum peak worst highest", "max"),
    **_each("minimum lowest", "min"),
    **_each("typical third average avg mean usual", "expected"),
    # What people call the storage of a claim that several nodes mount, of a node's own disk, and of a bucket.
    **_each("nfs pvc claim cephfs ceph rook longhorn lustre fsx fsxlustre weka glusterfs", "storageClass"),
    **_each("hostpath local localpath emptydir nvme instancestore", "node"),
    **_each("bucket objectstorage minio", "s3"),
    **_each("private vpc lan intranet", "internal"),
    **_each("internet world open", "public"),
    **_each("external", "public", "existing"),
    **_each("rancher", "rke2"),
    **_each("ocp okd", "openshift"),
    **_each("vanilla upstream kind minikube", "kubeadm"),
    **_each("k3d", "k3s"),
    **_each("single gateway", "one"),
    **_each("preemptible", "spot"),
    **_each("skip", "disabled"),
    **_each("managed present", "existing"),
    **_each("fp16 float16 half bf16 bfloat16", "auto"),
    **_each("int8 8bit float8 fp8e5m2 fp8e4m3", "fp8"),
    **_each("generate completion completions textgeneration instruct llm", "chat"),
    **_each("featureextraction vectors", "embed"),
    **_each("crossencoder score", "rerank"),
    **_each("w8a8", "int8"),
    **_each("w4a16", "compressed-tensors-w4a16"),
    **_each("nf4 bnb", "bitsandbytes"),
}
_LETTERS, _SHORT, _LONG = 4, 0.8, 0.6  # of three letters, two are alike by chance: k0s and k3s
_COUNTS = {
    word: number for number, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight"))
}
_DAYS = _each("weekdays weekday workdays businessdays", "mon-fri") | _each("weekend weekends", "sat-sun")
_DAYS |= _each("everyday all allweek", "daily")
_TIME = re.compile(r"(\d{1,2})(?::([0-5]\d))?\s*(am|pm|h)?", re.IGNORECASE)


def named_otherwise(value: str, words: Collection[object]) -> str | None:
    """Which of the words was meant: by another name, as a part or the first letters of what was typed, or mistyped."""
    plain = re.sub(r"[^a-z0-9]", "", value.lower())
    there = [each for each in words if isinstance(each, str)]
    if known := next((each for each in _WORDS.get(plain, ()) if each in there), None):
        return known
    parts = re.split(r"[^a-z0-9]+", value.lower())
    named = [each for each in there if each.lower() in parts]
    if len(named) == 1:
        return named[0]
    if (initials := "".join(part[:1] for part in parts)) in there and len(initials) > 1:
        return initials
    return next(iter(nearest(value, there, 1, _SHORT if len(value) < _LETTERS else _LONG)), None)


def count(value: str) -> int | None:
    """Of a number that is written as a word."""
    return _COUNTS.get(value.strip().lower())


def days(value: str) -> str | None:
    return next(iter(_DAYS.get(re.sub(r"[^a-z]", "", value.lower()), ())), None)


def time_of_day(value: str) -> str | None:
    """8am, 8, 8:00 or 18h as 08:00 and 18:00."""
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    half = (found[3] or "").lower()
    hour = int(found[1]) % 12 + 12 * (half == "pm") if half in ("am", "pm") else int(found[1])
    return f"{hour:02}:{found[2] or '00'}"
