// A subscription with policies, whose rules hold expressions of their own.
targetScope = 'subscription'
param prefix string = 'pre'
param ts string = utcNow('u')
resource rg 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${prefix}-rg'
  location: deployment().location
  tags: { at: ts, p: prefix }
}
module net 'module-net.bicep' = { name: 'net', scope: rg, params: { prefix: prefix, hub: true } }
module spokes 'module-net.bicep' = [
  for i in range(0, 2): {
    name: 'spoke${i}'
    scope: resourceGroup('${prefix}-spoke${i}')
    params: { prefix: '${prefix}${i}', hubId: net.outputs.id, hub: false }
  }
]
resource budget 'Microsoft.Consumption/budgets@2023-05-01' = {
  name: 'b'
  properties: {
    amount: 100
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: { startDate: '2024-01-01' }
    notifications: { n1: { enabled: true, operator: 'GreaterThan', threshold: json('0.8'), contactEmails: [] } }
  }
}
resource pol 'Microsoft.Authorization/policyDefinitions@2023-04-01' = {
  name: 'p'
  properties: {
    policyType: 'Custom'
    mode: 'All'
    parameters: { x: { type: 'Array', defaultValue: ['a'] } }
    policyRule: {
      if: {
        allOf: [{ field: 'location', notIn: '[parameters(\'x\')]' }, { value: '[resourceGroup().name]', equals: 'x' }]
      }
      then: {
        effect: 'deny'
        details: {
          deployment: { properties: { template: { resources: [{ name: '[concat(parameters(\'y\'), \'z\')]' }] } } }
        }
      }
    }
  }
}
resource pa 'Microsoft.Authorization/policyAssignments@2023-04-01' = {
  name: 'pa'
  identity: { type: 'SystemAssigned' }
  location: deployment().location
  properties: {
    policyDefinitionId: pol.id
    displayName: pol.properties.policyType
    parameters: { x: { value: [for i in range(0, 2): '${prefix}${i}'] } }
  }
}
module ra 'module-role.bicep' = {
  name: 'ra'
  scope: subscription('44444444-4444-4444-4444-444444444444')
  params: { pid: pa.identity.principalId }
}
output rgid string = rg.id
output tags object = rg.tags
output hub string = net.outputs.id
output s array = [for i in range(0, 2): spokes[i].outputs.peer]
