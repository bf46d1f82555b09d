targetScope = 'subscription'
param principal string
@secure()
param vault string

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'operator')
  properties: {
    roleName: 'operator ${deployment().name}'
    assignableScopes: [subscription().id]
    permissions: [{ actions: ['*/read'], notActions: [vault] }]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(principal, definition.id)
  properties: { roleDefinitionId: definition.id, principalId: principal }
}

output id string = assignment.id
