"""What records mean: facts, differences, levels, findings, verdicts. Pure, and blind to formats."""
