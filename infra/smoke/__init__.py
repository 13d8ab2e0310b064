"""Whether a running gateway does what the plan promises: each model is called as its client would."""
