// Hub and spokes: modules of modules across resource groups.
targetScope = 'subscription'
param location string = 'westeurope'
param tags object = { env: 't' }
param deployFw bool = false
var names = { hub: 'hub-${location}', spokes: map(sys.range(1, 2), i => 'spoke-${i}') }
resource hubRg 'Microsoft.Resources/resourceGroups@2024-03-01' = { name: names.hub, location: location, tags: tags }
resource spokeRg 'Microsoft.Resources/resourceGroups@2024-03-01' = [
  for s in names.spokes: { name: s, location: location }
]
module hub 'module-hub.bicep' = {
  name: 'hub-dep'
  scope: hubRg
  params: { fw: deployFw, tags: union(tags, { rg: hubRg.name }) }
}
module spoke 'module-spoke.bicep' = [
  for (s, i) in names.spokes: {
    name: 'dep-${s}'
    scope: spokeRg[i]
    params: {
      name: s
      index: i
      hubRgName: hubRg.name
      hubVnetId: hub.outputs.vnetId
      hubVnetName: hub.outputs.vnetName
      nextHop: deployFw ? hub.outputs.fwIp : ''
    }
  }
]
resource existingRg 'Microsoft.Resources/resourceGroups@2024-03-01' existing = { name: 'shared' }
module mi 'module-identity.bicep' = { name: 'mi', scope: existingRg, params: {} }
resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(existingRg.id, 'c')
  properties: {
    principalId: mi.outputs.principalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b2')
    scope: existingRg.id
  }
}
output hub object = hub.outputs.all
output spokes array = [for i in range(0, 2): spoke[i].outputs.subnets]
output rgTags object = hubRg.tags
output loc string = existingRg.location
output ids array = map(spokeRg, r => r.id)
