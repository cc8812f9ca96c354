"""Coverage: the dimensions of what a target is asked, and the rows that combine their values."""
