"""Boards that can be trusted: ranks, ties and the answers given to attackers."""
