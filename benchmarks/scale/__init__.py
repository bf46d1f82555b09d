"""How the driver bears many lifecycles at once, as a report with plots."""
