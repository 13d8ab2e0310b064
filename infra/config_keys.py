"""The keys of a stack's config: one for the platform, and one for each secret, which is never inside it."""

NAMESPACE = "llm-platform"  # of each key. It doesn't follow the project's name: a renamed project keeps its keys


def config_key(name: str) -> str:
    return f"{NAMESPACE}:{name}"


PLATFORM = config_key("platform")
HUGGING_FACE_TOKEN = "huggingFaceToken"  # for the downloads of gated models
API_KEY = "apiKey"  # of the models; made at random when absent
SECRETS = (HUGGING_FACE_TOKEN, API_KEY)
