"""Settings for the whole suite."""

import os

# An f-string on an Output makes a garbage name and no type checker says so; with this it raises.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"
