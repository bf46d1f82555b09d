"""What becomes of lifecycles when something goes wrong, as a report."""
