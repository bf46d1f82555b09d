// A deployment at the scope of a subscription that makes its resource groups.
targetScope = 'subscription'
param location string = deployment().location
param groups object = { web: 'westeurope', data: 'northeurope' }

resource rgs 'Microsoft.Resources/resourceGroups@2024-03-01' = [for g in items(groups): {
  name: 'rg-${g.key}'
  location: g.value
  tags: { owner: 'team-${g.key}' }
}]

resource one 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-one'
  location: location
  tags: { made: 'here' }
}

module storage 'module-storage.bicep' = {
  name: 'storage'
  scope: one
  params: { name: 'one', tags: { location: one.location, group: one.name } }
}

module each 'module-storage.bicep' = [for (g, i) in items(groups): {
  name: 'each-${g.key}'
  scope: rgs[i]
  params: { name: g.key }
}]

module roles 'module-subscription.bicep' = {
  name: 'roles'
  params: { principal: storage.outputs.id, vault: 'none' }
}

resource policy 'Microsoft.Authorization/policyAssignments@2023-04-01' = {
  name: 'allowed'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e56962a6-4747-49cd-b67b-bf8b01975c4c')
    parameters: { list: { value: map(items(groups), g => g.value) } }
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(policy.id)
  properties: {
    principalId: policy.identity.principalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')
  }
}

output storage string = storage.outputs.id
output ids array = [for (g, i) in items(groups): rgs[i].id]
output ofSubscription string = subscription().subscriptionId
output tenant string = tenant().tenantId
output storageOfEach array = [for (g, i) in items(groups): each[i].outputs.group]
