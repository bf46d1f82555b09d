metadata name = 'Durable Task Scheduler'
metadata description = 'Durable Task Scheduler with the task hub of the driver. It knows no keys: the app\'s identity has a role on it.'

import { azureManagedTaskHubType, roleType, tagsType } from 'types.bicep'

@description('Required. Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Its SKU and capacity.')
param taskHub azureManagedTaskHubType

@description('Required. Name of the task hub, as in host.json.')
param hubName string

@description('Required. Name of the app\'s identity.')
param identityName string

@description('Required. Tags.')
param tags tagsType

var contributor roleType = { id: '0ad04412-c4d5-4796-b79c-f76d14c8d402', name: 'Durable Task Data Contributor' }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: taskHub.?sku == 'Dedicated' ? { name: 'Dedicated', capacity: taskHub.?capacity ?? 1 } : { name: 'Consumption' }
    // Whoever has no role is refused; an empty list would refuse everybody.
    ipAllowlist: ['0.0.0.0/0']
  }

  resource hub 'taskHubs' = {
    name: hubName
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, identity.id, contributor.id)
  scope: scheduler
  properties: {
    description: contributor.name
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

@description('Connection string; without a role on the scheduler it opens nothing.')
output connectionString string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identity.properties.clientId}'
