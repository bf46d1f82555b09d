"""Properties that services without a table add to their resources, as far as templates are wont to ask for them."""

# By lower-case type; {name}, {guid} and {location} are filled in.
MADE: dict[str, dict[str, str]] = {
    "microsoft.apimanagement/service": {
        "gatewayUrl": "https://{name}.azure-api.net",
        "portalUrl": "https://{name}.portal.azure-api.net",
    },
    "microsoft.appconfiguration/configurationstores": {"endpoint": "https://{name}.azconfig.io"},
    "microsoft.batch/batchaccounts": {"accountEndpoint": "{name}.{location}.batch.azure.com"},
    "microsoft.cache/redis": {"hostName": "{name}.redis.cache.windows.net"},
    "microsoft.cdn/profiles/endpoints": {"hostName": "{name}.azureedge.net"},
    "microsoft.cognitiveservices/accounts": {"endpoint": "https://{location}.api.cognitive.microsoft.com/"},
    "microsoft.containerregistry/registries": {"loginServer": "{name}.azurecr.io"},
    "microsoft.documentdb/databaseaccounts": {"documentEndpoint": "https://{name}.documents.azure.com:443/"},
    "microsoft.eventhub/namespaces": {"serviceBusEndpoint": "https://{name}.servicebus.windows.net:443/"},
    "microsoft.insights/components": {
        "AppId": "{guid}",
        "InstrumentationKey": "{guid}",
        "ConnectionString": "InstrumentationKey={guid}",
    },
    "microsoft.keyvault/vaults": {"vaultUri": "https://{name}.vault.azure.net/"},
    "microsoft.logic/workflows": {"accessEndpoint": "https://prod-01.{location}.logic.azure.com:443/workflows/{guid}"},
    "microsoft.operationalinsights/workspaces": {"customerId": "{guid}"},
    "microsoft.servicebus/namespaces": {"serviceBusEndpoint": "https://{name}.servicebus.windows.net:443/"},
    "microsoft.sql/servers": {"fullyQualifiedDomainName": "{name}.database.windows.net"},
    "microsoft.web/sites": {"defaultHostName": "{name}.azurewebsites.net", "customDomainVerificationId": "{guid}"},
}
