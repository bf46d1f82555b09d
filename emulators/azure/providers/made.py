"""Properties that services without a table add to their resources, as far as templates are wont to ask for them."""

# By lower-case type; {name}, {guid} and {location} are filled in.
MADE: dict[str, dict[str, str]] = {
    "microsoft.apimanagement/service": {
        "gatewayUrl": "https://{name}.azure-api.net",
        "portalUrl": "https://{name}.portal.azure-api.net",
    },
    "microsoft.app/managedenvironments": {"defaultDomain": "{name}.{location}.azurecontainerapps.io"},
    "microsoft.appconfiguration/configurationstores": {"endpoint": "https://{name}.azconfig.io"},
    "microsoft.automation/automationaccounts": {
        "automationHybridServiceUrl": "https://{guid}.jrds.{location}.azure-automation.net"
    },
    "microsoft.batch/batchaccounts": {"accountEndpoint": "{name}.{location}.batch.azure.com"},
    "microsoft.cache/redis": {"hostName": "{name}.redis.cache.windows.net"},
    "microsoft.cdn/profiles/afdendpoints": {"hostName": "{name}.z01.azurefd.net"},
    "microsoft.cdn/profiles/endpoints": {"hostName": "{name}.azureedge.net"},
    "microsoft.cognitiveservices/accounts": {"endpoint": "https://{location}.api.cognitive.microsoft.com/"},
    "microsoft.containerregistry/registries": {"loginServer": "{name}.azurecr.io"},
    "microsoft.containerservice/managedclusters": {
        "fqdn": "{name}.hcp.{location}.azmk8s.io",
        "nodeResourceGroup": "MC_{name}",
    },
    "microsoft.dbformysql/flexibleservers": {"fullyQualifiedDomainName": "{name}.mysql.database.azure.com"},
    "microsoft.dbforpostgresql/flexibleservers": {"fullyQualifiedDomainName": "{name}.postgres.database.azure.com"},
    "microsoft.dbforpostgresql/servers": {"fullyQualifiedDomainName": "{name}.postgres.database.azure.com"},
    "microsoft.devices/iothubs": {"hostName": "{name}.azure-devices.net"},
    "microsoft.documentdb/databaseaccounts": {"documentEndpoint": "https://{name}.documents.azure.com:443/"},
    "microsoft.eventgrid/topics": {"endpoint": "https://{name}.{location}-1.eventgrid.azure.net/api/events"},
    "microsoft.eventhub/namespaces": {"serviceBusEndpoint": "https://{name}.servicebus.windows.net:443/"},
    "microsoft.insights/components": {
        "AppId": "{guid}",
        "InstrumentationKey": "{guid}",
        "ConnectionString": "InstrumentationKey={guid}",
    },
    "microsoft.keyvault/vaults": {"vaultUri": "https://{name}.vault.azure.net/"},
    "microsoft.kusto/clusters": {"uri": "https://{name}.{location}.kusto.windows.net"},
    "microsoft.logic/workflows": {"accessEndpoint": "https://prod-01.{location}.logic.azure.com:443/workflows/{guid}"},
    "microsoft.operationalinsights/workspaces": {"customerId": "{guid}"},
    "microsoft.servicebus/namespaces": {"serviceBusEndpoint": "https://{name}.servicebus.windows.net:443/"},
    "microsoft.signalrservice/signalr": {"hostName": "{name}.service.signalr.net"},
    "microsoft.sql/servers": {"fullyQualifiedDomainName": "{name}.database.windows.net"},
    "microsoft.web/sites": {
        "defaultHostName": "{name}.azurewebsites.net",
        "customDomainVerificationId": "{guid}",
        "ftpUsername": "{name}\\${name}",
    },
    "microsoft.web/staticsites": {"defaultHostname": "{name}.azurestaticapps.net"},
}
# Children that a service makes with a resource: `type/name` and their properties.
CHILDREN: dict[str, dict[str, dict[str, str]]] = {
    "microsoft.resources/deploymentscripts": {"logs/default": {"log": ""}},
}
