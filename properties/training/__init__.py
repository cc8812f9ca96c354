"""The interaction with other training techniques.

Weight decay, gradient accumulation and batch size, clipping, loss scaling, schedules and warm-up.
"""
