targetScope = 'subscription'
param pid string
resource r 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(pid, subscription().id)
  properties: {
    principalId: pid
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')
  }
}
