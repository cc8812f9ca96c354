"""The engines that decide the steps of derivations: sympy, z3, and exact evaluation at points."""
