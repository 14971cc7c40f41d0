"""The numbers, against scikit-learn and against their own definitions."""
