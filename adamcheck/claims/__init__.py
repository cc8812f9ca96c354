"""Claims: what somebody says about Adam, with everything that decides it."""
