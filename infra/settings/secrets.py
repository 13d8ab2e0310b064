"""The secrets of a stack: config keys of their own, `llm-platform:<name>`, never part of the platform."""

HUGGING_FACE_TOKEN = "huggingFaceToken"  # for the downloads of gated models
API_KEY = "apiKey"  # of the models; made at random when absent
SECRETS = (HUGGING_FACE_TOKEN, API_KEY)
