"""Azure: Entra ID and Azure Resource Manager. Only this package talks to them."""
