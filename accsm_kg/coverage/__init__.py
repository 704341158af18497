"""Which projects stand behind each measure, action line or area."""
