"""Strategies on KerasTuner's and AutoKeras' oracles, and those that need none."""
