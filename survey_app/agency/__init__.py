"""What a lead agency reads: its sub-indices against the plan, then everybody's."""
