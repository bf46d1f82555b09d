// Conditions on resources, modules, properties, outputs; existing resources, parents, extension scopes.
param deployLock bool = true
param deployDiagnostics bool = false
@allowed(['none', 'basic'])
param tier string = 'basic'

resource existing 'Microsoft.Network/virtualNetworks@2023-11-01' existing = {
  name: 'hub'

  resource snet 'subnets' existing = {
    name: 'inner'
  }
}

resource elsewhere 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'vault'
  scope: resourceGroup('other-rg')
}

resource far 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'vault2'
  scope: resourceGroup('33333333-3333-3333-3333-333333333333', 'far-rg')
}

resource ip 'Microsoft.Network/publicIPAddresses@2023-11-01' = if (tier == 'basic') {
  name: 'ip'
  location: resourceGroup().location
  zones: tier == 'none' ? null : ['1']
  properties: {
    publicIPAllocationMethod: 'Static'
    dnsSettings: deployDiagnostics ? { domainNameLabel: 'x' } : null
    natGateway: null
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (deployLock) {
  name: 'keep'
  scope: ip
  properties: { level: 'CanNotDelete' }
}

resource groupLock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep-group'
  properties: { level: 'ReadOnly', notes: existing.properties.addressSpace.addressPrefixes[0] }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (deployDiagnostics) {
  name: 'diag'
  scope: existing
  properties: { workspaceId: 'x' }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(existing::snet.id, 'reader')
  scope: existing::snet
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')
    principalId: deployLock ? ip!.properties.ipAddress : 'nobody'
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  name: 'local/secret'
  properties: { value: elsewhere.properties.vaultUri }
}

output ids array = [existing.id, existing::snet.id, elsewhere.id, far.id]
output where string = existing.location
output maybe string = deployDiagnostics ? diagnostics.id : 'none'
output tier string = tier == 'basic' ? ip!.id : ''
