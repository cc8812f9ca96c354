"""Adam as preconditioned gradient descent."""
