"""Contests, submissions and boards, on the runs of `training.runs`."""
