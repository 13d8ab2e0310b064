"""The stack file: what the user says, validated. This file imports nothing: sections elsewhere import its types."""
