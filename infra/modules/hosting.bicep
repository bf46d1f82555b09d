metadata name = 'Hosting'
metadata description = 'The function app of the driver and what it needs, in one resource group.'

import { planType, taskHubType, kafkaType, secretsType, settingsType, tagsType } from 'types.bicep'

@description('Required. Name of the environment: part of every name.')
param environmentName string

@description('Required. Azure region of all resources.')
param location string

@description('Required. Plan of the function app.')
param plan planType

@description('Required. Where Durable Functions keeps its state.')
param taskHub taskHubType

@description('Required. Whether plan and storage are spread over availability zones.')
param zoneRedundant bool

@description('Required. The resource manager\'s Kafka.')
param kafka kafkaType

@description('Required. Values of the librdkafka settings named in kafka.secretNames.')
param kafkaSecrets secretsType

@description('Required. Fernet keys; empty: the secret stays as it is.')
@secure()
param sealingKeys string

@description('Required. Whether all routes lie behind a secret path.')
param secretPath bool

@description('Required. The token of the secret path; empty: the secret stays as it is.')
@secure()
param routePrefix string

@description('Required. Address ranges that may call the app; empty: all.')
param allowedIpRanges string[]

@description('Required. Whether a caller must present a client certificate.')
param clientCertificate bool

@description('Required. Whether app, storage and vault lie in a virtual network.')
param privateNetwork bool

@description('Required. Address space of that virtual network.')
param addressPrefix string

@description('Required. Whether the app is reachable from the internet.')
param publicAccess bool

@description('Required. Whether a deleted vault is kept for 90 days whatever happens.')
param purgeProtection bool

@description('Required. E-mail addresses that alerts go to.')
param alertEmails string[]

@description('Required. LOG_LEVEL of the app.')
param logLevel string

@description('Required. Further settings of the app by name.')
param furtherSettings settingsType

@description('Required. Tags of all resources.')
param tags tagsType

var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var names = {
  identity: 'id-azure-driver-${environmentName}'
  functionApp: 'func-azure-driver-${token}'
  plan: 'plan-azure-driver-${environmentName}'
  storage: 'stazdrv${token}'
  vault: 'kv-azdrv-${token}'
  workspace: 'log-azure-driver-${environmentName}'
  insights: 'appi-azure-driver-${environmentName}'
  scheduler: 'dts-azure-driver-${token}'
  network: 'vnet-azure-driver-${environmentName}'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.identity
  location: location
  tags: tags
}

module monitoring 'monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    identityName: identity.name
    tags: tags
  }
}

module network 'network.bicep' = if (privateNetwork) {
  params: {
    name: names.network
    location: location
    addressPrefix: addressPrefix
    delegation: plan.kind == 'flex' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
    tags: tags
  }
}

module storage 'storage.bicep' = {
  dependsOn: [network]
  params: {
    name: names.storage
    location: location
    identityName: identity.name
    zoneRedundant: zoneRedundant
    networkName: privateNetwork ? names.network : ''
    tags: tags
  }
}

module vault 'vault.bicep' = {
  dependsOn: [network]
  params: {
    name: names.vault
    location: location
    identityName: identity.name
    workspaceId: monitoring.outputs.workspaceId
    purgeProtection: purgeProtection
    kafkaSecretNames: kafka.?secretNames ?? []
    kafkaSecrets: kafkaSecrets
    sealingKeys: sealingKeys
    routePrefix: routePrefix
    networkName: privateNetwork ? names.network : ''
    tags: tags
  }
}

module scheduler 'scheduler.bicep' = if (taskHub.kind == 'azureManaged') {
  params: {
    name: names.scheduler
    location: location
    taskHub: taskHub
    hubName: 'AzureDriver'
    identityName: identity.name
    tags: tags
  }
}

module functionApp 'app.bicep' = {
  dependsOn: [network]
  params: {
    name: names.functionApp
    planName: names.plan
    location: location
    plan: plan
    zoneRedundant: zoneRedundant
    identityName: identity.name
    storageName: storage.outputs.name
    taskHub: taskHub
    schedulerConnectionString: scheduler.?outputs.connectionString ?? ''
    packageContainerUrl: storage.outputs.packageContainerUrl
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    kafka: kafka
    secretPath: secretPath
    allowedIpRanges: allowedIpRanges
    clientCertificate: clientCertificate
    networkName: privateNetwork ? names.network : ''
    publicAccess: publicAccess
    logLevel: logLevel
    furtherSettings: furtherSettings
    tags: tags
  }
}

module alerts 'alerts.bicep' = {
  params: {
    location: location
    insightsId: monitoring.outputs.insightsId
    emails: alertEmails
    environmentName: environmentName
    tags: tags
  }
}

@description('Name of the function app.')
output functionAppName string = functionApp.outputs.name

@description('URL of the function app, without the secret path.')
output functionAppUrl string = functionApp.outputs.url

@description('Name of the Key Vault.')
output keyVaultName string = vault.outputs.name

@description('URL of the package that a premium or dedicated plan runs; empty with flex.')
output packageUrl string = functionApp.outputs.packageUrl
