metadata name = 'Storage'
metadata description = 'Storage account of the host: its locks, the Durable task hub and the app\'s package. It has no keys in use.'

import { roleType, tagsType } from 'types.bicep'

@description('Required. Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Name of the app\'s identity.')
param identityName string

@description('Required. Whether it is spread over availability zones.')
param zoneRedundant bool

@description('Required. Network for private endpoints; empty: it is reached by its public address.')
param networkName string

@description('Required. Tags.')
param tags tagsType

var container = 'app-package'
var roles roleType[] = [
  { id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', name: 'Storage Blob Data Owner' }
  { id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', name: 'Storage Queue Data Contributor' }
  { id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', name: 'Storage Table Data Contributor' }
]
var services = ['blob', 'queue', 'table']

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    publicNetworkAccess: empty(networkName) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(networkName) ? 'Allow' : 'Deny'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource package 'containers' = {
      name: container
      properties: { publicAccess: 'None' }
    }
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, identity.id, role.id)
    scope: account
    properties: {
      description: role.name
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

module endpoints 'endpoint.bicep' = [
  for service in services: if (!empty(networkName)) {
    params: {
      targetId: account.id
      targetName: account.name
      service: service
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
      networkName: networkName
      location: location
      tags: tags
    }
  }
]

@description('Name of the storage account.')
output name string = account.name

@description('URL of the container for the app\'s package.')
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${container}'
