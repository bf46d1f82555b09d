metadata name = 'Function app'
metadata description = 'Function app of the driver and its plan.'

import { planType, taskHubType, kafkaType, identityType, cloudType, settingsType, tagsType } from 'types.bicep'

@description('Required. Name of the function app.')
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Azure region.')
param location string

@description('Required. Plan of the function app.')
param plan planType

@description('Required. Whether the plan is spread over availability zones.')
param zoneRedundant bool

@description('Required. Name of the app\'s user-assigned identity.')
param identityName string

@description('Required. Name of the storage account.')
param storageName string

@description('Required. Where Durable Functions keeps its state.')
param taskHub taskHubType

@description('Required. Connection string of the Durable Task Scheduler; empty with azureStorage.')
param schedulerConnectionString string

@description('Required. URL of the container for the app\'s package.')
param packageContainerUrl string

@description('Required. URI of the vault, with a slash at the end.')
param vaultUri string

@description('Required. Connection string of Application Insights.')
param insightsConnectionString string

@description('Required. The resource manager\'s Kafka.')
param kafka kafkaType

@description('Required. Whether all routes lie behind the token in the vault.')
param secretPath bool

@description('Required. Address ranges that may call the app; empty: all.')
param allowedIpRanges string[]

@description('Required. Whether a caller must present a client certificate.')
param clientCertificate bool

@description('Required. Network that the app calls out from and has its private endpoint in; empty: none.')
param networkName string

@description('Required. Whether the app is reachable from the internet.')
param publicAccess bool

@description('Required. Name of the user-assigned identity for deployments; empty: none.')
param deploymentIdentityName string

@description('Required. Ids of subscriptions for which deployment locations may use that identity.')
param managedIdentitySubscriptions string[]

@description('Required. Further identities of the driver that deployment locations may use.')
param identities identityType[]

@description('Required. Clouds that deployment locations may name besides Azure\'s own.')
param clouds cloudType[]

@description('Required. LOG_LEVEL of the app.')
param logLevel string

@description('Required. Further settings of the app by name.')
param furtherSettings settingsType

@description('Required. Tags.')
param tags tagsType

var isFlex = plan.kind == 'flex'
var version = '3.11'
var packageUrl = '${packageContainerUrl}/azure-driver.zip'
// Zones need three instances at least, where instances are counted.
var skus = {
  flex: { name: 'FC1', tier: 'FlexConsumption' }
  premium: { name: plan.?size ?? 'EP1', tier: 'ElasticPremium', capacity: zoneRedundant ? 3 : 1 }
  dedicated: {
    name: plan.?size ?? 'P0v3'
    tier: 'PremiumV3'
    capacity: max(plan.?instances ?? 1, zoneRedundant ? 3 : 1)
  }
}

var settings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  AzureWebJobsDisableHomepage: 'true'
  // What one request has logged belongs together: no line may be sampled away.
  AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__isEnabled: 'false'
  // HTTP streams: without it every request hangs.
  PYTHON_ENABLE_INIT_INDEXING: '1'
  PYTHON_THREADPOOL_THREAD_COUNT: '20'
  SEALING_KEYS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/sealing-keys/)'
  KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers
  KAFKA_TOPIC: kafka.?topic ?? 'lm_vnfc_lifecycle_execution_events'
  LOG_LEVEL: logLevel
}
// Settings that one durable backend understands reach no other: they are not in host.json.
var storageProviders = {
  azureStorage: {
    partitionCount: '4'
    // Idle queues are looked at this often; what a killed instance had begun is begun again after these times, the least allowed.
    maxQueuePollingInterval: '00:00:02'
    workItemQueueVisibilityTimeout: '00:01:00'
    controlQueueVisibilityTimeout: '00:01:00'
  }
  azureManaged: {
    type: 'azureManaged'
    connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
  }
}
var durableSettings = union(
  toObject(
    items(storageProviders[taskHub.kind]),
    one => 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__${one.key}',
    one => one.value
  ),
  taskHub.kind == 'azureStorage' ? {} : { DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnectionString }
)
// At start the host prints the routes in categories below Microsoft. A name with a dot cannot be a setting on Linux, so all
// of them are raised.
var pathSettings = secretPath
  ? {
      AzureFunctionsJobHost__extensions__http__routePrefix: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/route-prefix/)'
      AzureFunctionsJobHost__logging__logLevel__Microsoft: 'Warning'
      CONSOLE: 'true' // the list of executions and the console, for whoever knows the path
    }
  : {}
var allIdentities = concat(
  identities,
  empty(deploymentIdentityName)
    ? []
    : [
        {
          kind: 'managedIdentity'
          clientId: deploymentIdentity!.properties.clientId
          tenantId: tenant().tenantId
          subscriptions: managedIdentitySubscriptions
        }
      ]
)
var signInSettings = union(
  empty(allIdentities) ? {} : { AZURE_IDENTITIES: string(allIdentities) },
  empty(clouds) ? {} : { AZURE_CLOUDS: string(clouds) }
)
var kafkaSettings = toObject(items(kafka.?config ?? {}), one => 'KAFKA_CONFIG_${one.key}', one => one.value)
var kafkaSecretSettings = toObject(
  kafka.?secretNames ?? [],
  one => 'KAFKA_CONFIG_${one}',
  one => '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/kafka-${toLower(replace(one, '_', '-'))}/)'
)
var restrictions = [
  for (range, index) in allowedIpRanges: {
    name: 'allowed-${index}'
    ipAddress: range
    action: 'Allow'
    priority: 100 + index
  }
]
var planConfig = {
  flex: {}
  premium: {
    linuxFxVersion: 'PYTHON|${version}'
    minimumElasticInstanceCount: zoneRedundant ? 3 : 1
    functionsRuntimeScaleMonitoringEnabled: true // durable timers wake an app that has none but the least instances
  }
  dedicated: {
    linuxFxVersion: 'PYTHON|${version}'
    alwaysOn: true
  }
}
// Flex takes these from functionAppConfig and refuses them as settings.
var classicSettings = isFlex
  ? {}
  : {
      FUNCTIONS_EXTENSION_VERSION: '~4'
      FUNCTIONS_WORKER_RUNTIME: 'python'
      WEBSITE_RUN_FROM_PACKAGE: packageUrl
      WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identity.id
    }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource deploymentIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = if (!empty(deploymentIdentityName)) {
  name: deploymentIdentityName
}

resource farm 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: plan.kind == 'premium' ? 'elastic' : isFlex ? 'functionapp' : 'linux'
  sku: skus[plan.kind]
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
    maximumElasticWorkerCount: plan.kind == 'premium' ? plan.?maximumInstances ?? 20 : null
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'driver' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: union(
      { '${identity.id}': {} },
      empty(deploymentIdentityName) ? {} : { '${deploymentIdentity.id}': {} }
    )
  }
  properties: {
    serverFarmId: farm.id
    httpsOnly: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    clientCertEnabled: clientCertificate
    clientCertMode: clientCertificate ? 'Required' : null
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(networkName)
      ? null
      : resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
    outboundVnetRouting: empty(networkName) ? null : { allTraffic: true }
    functionAppConfig: isFlex
      ? {
          deployment: {
            storage: {
              type: 'blobContainer'
              value: packageContainerUrl
              authentication: {
                type: 'UserAssignedIdentity'
                userAssignedIdentityResourceId: identity.id
              }
            }
          }
          runtime: { name: 'python', version: version }
          scaleAndConcurrency: {
            instanceMemoryMB: plan.?instanceMemory ?? 2048
            maximumInstanceCount: plan.?maximumInstances ?? 40
            alwaysReady: (plan.?alwaysReady ?? 0) > 0 ? [{ name: 'http', instanceCount: plan.?alwaysReady }] : []
          }
        }
      : null
    siteConfig: union(planConfig[plan.kind], {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: empty(allowedIpRanges) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: restrictions
      scmIpSecurityRestrictionsUseMain: true
    })
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      settings,
      durableSettings,
      pathSettings,
      signInSettings,
      kafkaSettings,
      kafkaSecretSettings,
      classicSettings,
      furtherSettings
    )
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

module endpoint 'endpoint.bicep' = if (!empty(networkName)) {
  params: {
    targetId: site.id
    targetName: site.name
    service: 'sites'
    zoneName: 'privatelink.azurewebsites.net'
    networkName: networkName
    location: location
    tags: tags
  }
}

@description('Name of the function app.')
output name string = site.name

@description('URL of the function app.')
output url string = 'https://${site.properties.defaultHostName}'

@description('URL of the package that a premium or dedicated plan runs; empty with flex.')
output packageUrl string = isFlex ? '' : packageUrl
