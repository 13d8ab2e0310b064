"""The secrets of a stack: separate config keys, `llm-platform:<name>`, never part of the platform's key."""

HUGGING_FACE_TOKEN = "huggingFaceToken"  # for the downloads of gated models
API_KEY = "apiKey"  # of the models; made at random when absent
SECRETS = (HUGGING_FACE_TOKEN, API_KEY)
