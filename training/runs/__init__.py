"""The queue whose row is the truth: leases, heartbeats, reaping, logs, cancellation."""
