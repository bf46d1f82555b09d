"""The embedded Azure: Entra ID and Azure Resource Manager on localhost."""
