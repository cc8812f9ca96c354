"""Non-convex landscapes.

What Adam does at saddles and in curved valleys, beside gradient descent.
"""
