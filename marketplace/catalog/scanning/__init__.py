"""Looking into strangers' files for what harms: pure, and run in a process of its own.

Nothing here opens a pickle: its opcodes are listed and what they would import is compared
with what loading tensors and tables needs.
"""

SCANNER = "1 picklescan-1.0.5"  # a change of it has everything looked at anew
