"""What a report on a model holds, and what it is held to: plain values, no arrays."""
