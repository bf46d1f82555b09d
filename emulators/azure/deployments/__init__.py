"""Microsoft.Resources/deployments: accepted, run, recorded, foretold."""
