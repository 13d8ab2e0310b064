"""The models: their servers, downloads and scalers."""
