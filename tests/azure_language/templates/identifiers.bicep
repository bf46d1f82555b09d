// Ids of every scope, what a deployment knows about itself, values that only a run knows.
param group string = 'other'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'identity'
  location: resourceGroup().location
}

resource cluster 'Microsoft.ContainerService/managedClusters@2024-02-01' = {
  name: 'aks'
  location: resourceGroup().location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    dnsPrefix: 'aks-${environment().name}'
    nodeResourceGroup: '${resourceGroup().name}-nodes'
    agentPoolProfiles: [{ name: 'np', count: 1, mode: 'System', availabilityZones: pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope', 2) }]
    servicePrincipalProfile: { clientId: identity.properties.clientId }
  }
  tags: {
    endpoint: 'https://x.${environment().suffixes.storage}/'
    display: subscription().displayName
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'registry'
  location: resourceGroup().location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: true }
}

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: 'app'
  location: resourceGroup().location
  identity: { type: 'SystemAssigned' }
  properties: {
    siteConfig: {
      appSettings: [
        { name: 'PASSWORD', value: registry.listCredentials().passwords[0].value }
        { name: 'USER', value: registry.listCredentials('2023-07-01').username }
        { name: 'ADMIN', value: string(registry.properties.adminUserEnabled) }
        { name: 'SERVER', value: registry.properties.loginServer }
        { name: 'KIND', value: identity.type }
        { name: 'API', value: cluster.apiVersion }
        { name: 'TAG', value: string(contains(cluster.tags, 'endpoint')) }
        { name: 'EMPTY', value: empty(registry.properties.loginServer) ? 'yes' : 'no' }
      ]
    }
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, cluster.name, 'pull')
  scope: registry
  properties: {
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    roleDefinitionId: resourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}

output ids array = [
  resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')
  resourceId(group, 'Microsoft.Network/virtualNetworks', 'v')
  resourceId('33333333-3333-3333-3333-333333333333', group, 'Microsoft.Network/virtualNetworks', 'v')
  subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')
  tenantResourceId('Microsoft.Management/managementGroups', 'm')
  managementGroupResourceId('m', 'Microsoft.Authorization/policyDefinitions', 'p')
  extensionResourceId(registry.id, 'Microsoft.Authorization/locks', 'l')
]
output principal string = app.identity.principalId
output profile object = { known: registry.sku.name, unknown: registry.properties.loginServer }
output self string = deployment().name
output cloudName string = environment().name
output parsed object = { id: last(split(registry.id, '/')), type: registry.type }
