"""The clients people have, unmodified, against a running server by HF_ENDPOINT alone."""
