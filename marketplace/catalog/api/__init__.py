"""This room over HTTP: parse, call one service, answer."""
