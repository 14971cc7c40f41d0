"""The protocol's views, by noun: parse, call one service, answer as its clients read."""
