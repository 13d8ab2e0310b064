"""Reads the facts of the pinned vLLM from its packages and writes them to infra/catalog/data/vllm. `make engine-facts`
runs it.

The program doesn't import this folder: plans read the files that it wrote.
"""
