"""The community as pages: parse, call one service, render."""
