"""The catalog over HTTP, by noun: parse, call one service, answer."""
