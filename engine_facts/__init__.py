"""Reads the facts of the pinned vLLM out of its packages into infra/catalog/data/vllm. `make engine-facts` runs it.

Nothing of the program imports this folder: plans read the files that it wrote.
"""
