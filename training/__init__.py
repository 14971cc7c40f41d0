"""Everything that computes: runs on workers, contests, metrics, boards, the sandbox."""
