"""One interface to several walls: a job goes in, bytes and usage come out.

`level.choose_sandbox` picks the best wall this machine offers and proves it by attacks.
"""
