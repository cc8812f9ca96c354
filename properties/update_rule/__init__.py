"""The update rule and the limit in which it only sees signs."""
