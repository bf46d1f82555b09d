"""What each activity does: one module a verb."""
