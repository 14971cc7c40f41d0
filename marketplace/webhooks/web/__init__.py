"""Webhooks as pages: parse, call one service, render."""
