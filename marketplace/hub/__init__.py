"""The wire of Hugging Face's clients, over the rooms' services: it decides nothing."""
