"""Predictions, within the walls: what somebody asks becomes numbers, a model answers."""
