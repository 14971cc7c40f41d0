"""The catalog as pages: parse, call one service, render."""
