metadata name = 'Key Vault'
metadata description = 'Key Vault with the sealing keys, the token of the secret path and the secret settings of Kafka.'

import { roleType, secretsType, tagsType } from 'types.bicep'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Name of the app\'s identity.')
param identityName string

@description('Required. Whether a deleted vault is kept for 90 days whatever happens; its name is taken as long.')
param purgeProtection bool

@description('Required. Resource id of the workspace that keeps the audit log.')
param workspaceId string

@description('Required. Names of the secret librdkafka settings.')
param kafkaSecretNames string[]

@description('Required. Their values; one that is missing stays as it is.')
param kafkaSecrets secretsType

@description('Required. Fernet keys; empty: the secret stays as it is.')
@secure()
param sealingKeys string

@description('Required. The token of the secret path; empty: the secret stays as it is.')
@secure()
param routePrefix string

@description('Required. Network for a private endpoint; empty: it is reached by its public address.')
param networkName string

@description('Required. Tags.')
param tags tagsType

var reader roleType = { id: '4633458b-17de-408a-b874-0445c86b69e6', name: 'Key Vault Secrets User' }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // Once on it cannot be turned off, and false is refused.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: empty(networkName) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(networkName) ? 'Allow' : 'Deny'
    }
  }

  resource keys 'secrets' = if (!empty(sealingKeys)) {
    name: 'sealing-keys'
    properties: { value: sealingKeys, contentType: 'Fernet keys, comma-separated: the first seals, all open' }
  }

  resource prefix 'secrets' = if (!empty(routePrefix)) {
    name: 'route-prefix'
    properties: { value: routePrefix, contentType: 'Token of the secret path' }
  }

  resource kafka 'secrets' = [
    for setting in kafkaSecretNames: if (contains(kafkaSecrets, setting)) {
      name: 'kafka-${toLower(replace(setting, '_', '-'))}'
      properties: { value: kafkaSecrets[setting], contentType: 'librdkafka ${toLower(replace(setting, '_', '.'))}' }
    }
  ]
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, reader.id)
  scope: vault
  properties: {
    description: reader.name
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

module endpoint 'endpoint.bicep' = if (!empty(networkName)) {
  params: {
    targetId: vault.id
    targetName: vault.name
    service: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
    networkName: networkName
    location: location
    tags: tags
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('URI of the vault, with a slash at the end.')
output uri string = vault.properties.vaultUri
