"""This room as pages: parse, call one service, render."""
