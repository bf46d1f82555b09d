// Hosts the driver on Azure Functions: `azd up`, or `az deployment sub create` and a zip. docs/install-azure.md explains both.
//
// What it costs, US dollars a month, list prices of West Europe, rounded; look them up before you rely on them.
//
// | | dev: Flex, public | prod: Flex, two instances kept warm, private network | premium: EP1 | dedicated: P0v3 |
// |---|---|---|---|---|
// | plan, idle | 0 | 42 (2 x 2 GB always ready) | 165 | 65 |
// | 10,000 lifecycles | 2, within the free grant | 2 | 0 | 0 |
// | storage: task hub, package | 1 to 3 | 3 to 6 | 3 to 6 | 3 to 6 |
// | Key Vault | < 1 | < 1 | < 1 | < 1 |
// | logs, metrics and traces, about 10 KB a lifecycle and 1 GB a month of an idle instance | 2 to 5 | 6 to 15 | 6 to 15 | 6 to 15 |
// | ten alert rules, each 5 minutes | 15 | 15 | 15 | 15 |
// | Durable Task Scheduler (taskHub), Consumption | by what is dispatched | the same | the same | the same |
// | private endpoints and DNS zones (five each) | 0 | 39 | 39 | 39 |
// | together | about 25 | about 110 | about 235 | about 135 |
metadata name = 'Azure resource driver'
metadata description = 'Hosts the Azure resource driver of TNC-O / CP4NA on Azure Functions.'

targetScope = 'subscription'

import { planType, taskHubType, kafkaType, identityType, cloudType, secretsType, settingsType, tagsType } from 'modules/types.bicep'

@description('Required. Name of the environment, such as dev or prod: part of every name.')
@minLength(1)
@maxLength(16)
param environmentName string

@description('Required. Azure region of all resources.')
param location string

@description('Optional. Name of the resource group.')
param resourceGroupName string = 'rg-azure-driver-${environmentName}'

@description('Optional. Plan of the function app.')
param plan planType = { kind: 'flex' }

@description('Optional. Where Durable Functions keeps its state. Running lifecycles do not move from one to the other.')
param taskHub taskHubType = { kind: 'azureStorage' }

@description('Optional. Whether plan and storage are spread over availability zones, where the region has them.')
param zoneRedundant bool = false

@description('Required. The resource manager\'s Kafka.')
param kafka kafkaType

@description('Optional. Values of the librdkafka settings named in kafka.secretNames, by those names. Without a value the secret stays as it is in the vault.')
param kafkaSecrets secretsType = {}

@description('Optional. Fernet keys, comma-separated: the first seals, all open. Empty: the secret stays as it is in the vault.')
@secure()
param sealingKeys string = ''

@description('Optional. Whether all routes lie behind a secret path: https://<host>/<token>. Brent carries neither key nor certificate.')
param secretPath bool = true

@description('Optional. The token of the secret path: letters, digits, hyphens and underscores. Empty: the secret stays as it is in the vault.')
@secure()
param routePrefix string = ''

@description('Optional. Address ranges (CIDR) that may call the app and its deployment site by their public address; empty: all. What comes through the private endpoint is not restricted by them.')
param allowedIpRanges string[] = []

@description('Optional. Whether a caller must present a client certificate. Azure asks for one and does not check who issued it: a proxy that does belongs in front.')
param clientCertificate bool = false

@description('Optional. Whether app, storage and vault lie in a virtual network, with private endpoints.')
param privateNetwork bool = false

@description('Optional. Address space of that virtual network, a /24 or larger.')
param addressPrefix string = '10.200.0.0/24'

@description('Optional. Whether the app is reachable from the internet besides its private endpoint.')
param publicAccess bool = !privateNetwork

@description('Optional. Object ids of the service principals of deployment locations in this subscription: they get the least role that driving deployments needs. For other subscriptions deploy role.bicep there.')
param deploymentPrincipalIds string[] = []

@description('Optional. Ids of subscriptions for which deployment locations may use a managed identity of the app (authentication managedIdentity): it is made for that, and gets the least role in this subscription if that is one of them. Whoever may call the driver may use it.')
param managedIdentitySubscriptions string[] = []

@description('Optional. Further identities of the driver that deployment locations may use.')
param identities identityType[] = []

@description('Optional. Clouds that deployment locations may name besides Azure\'s own.')
param clouds cloudType[] = []

@description('Optional. Whether a deleted vault is kept for 90 days whatever happens; its name is taken as long.')
param purgeProtection bool = true

@description('Optional. E-mail addresses that alerts go to.')
param alertEmails string[] = []

@description('Optional. LOG_LEVEL of the app.')
@allowed(['DEBUG', 'INFO', 'WARNING', 'ERROR'])
param logLevel string = 'INFO'

@description('Optional. Further settings of the app by their names, such as ARM_GATEWAY_HOSTS: docs/configuration.md lists all. They replace those of the templates that have the same name. None may be secret.')
param furtherSettings settingsType = {}

@description('Optional. Tags of all resources.')
param tags tagsType = {}

var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module hosting 'modules/hosting.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    plan: plan
    taskHub: taskHub
    zoneRedundant: zoneRedundant
    kafka: kafka
    kafkaSecrets: kafkaSecrets
    sealingKeys: sealingKeys
    secretPath: secretPath
    routePrefix: routePrefix
    allowedIpRanges: allowedIpRanges
    clientCertificate: clientCertificate
    privateNetwork: privateNetwork
    addressPrefix: addressPrefix
    publicAccess: publicAccess
    managedIdentitySubscriptions: managedIdentitySubscriptions
    identities: identities
    clouds: clouds
    purgeProtection: purgeProtection
    alertEmails: alertEmails
    logLevel: logLevel
    furtherSettings: furtherSettings
    tags: allTags
  }
}

var usesManagedIdentity = contains(managedIdentitySubscriptions, subscription().subscriptionId)

module role 'role.bicep' = if (!empty(deploymentPrincipalIds) || usesManagedIdentity) {
  params: {
    principalIds: usesManagedIdentity
      ? concat(deploymentPrincipalIds, [hosting.outputs.managedIdentityPrincipalId])
      : deploymentPrincipalIds
  }
}

@description('Name of the resource group.')
output resourceGroupName string = group.name

@description('Name of the function app.')
output functionAppName string = hosting.outputs.functionAppName

@description('URL of the function app, without the secret path.')
output functionAppUrl string = hosting.outputs.functionAppUrl

@description('Name of the Key Vault.')
output keyVaultName string = hosting.outputs.keyVaultName

@description('URL of the package that a premium or dedicated plan runs; empty with flex.')
output packageUrl string = hosting.outputs.packageUrl

@description('Client id of the managed identity for deployments, as deployment locations name it; empty if there is none.')
output managedIdentityClientId string = hosting.outputs.managedIdentityClientId

@description('Object id of that identity, for role.bicep in other subscriptions.')
output managedIdentityPrincipalId string = hosting.outputs.managedIdentityPrincipalId
