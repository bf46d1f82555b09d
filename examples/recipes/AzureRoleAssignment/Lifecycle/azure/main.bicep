metadata name = 'AzureRoleAssignment'
metadata description = 'Gives a principal a role in the whole subscription.'

targetScope = 'subscription'

@description('Required. Object id of the user, group or service principal.')
@minLength(36)
@maxLength(36)
param principal_id string

@description('Optional. What the principal is. Default: ServicePrincipal.')
@allowed(['ServicePrincipal', 'Group', 'User'])
param principal_type string = 'ServicePrincipal'

@description('Optional. Id of the role. Default: Reader.')
param role_id string = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principal_id, role_id) // the same in every run: a Create that is sent again changes nothing
  properties: {
    principalId: principal_id
    principalType: principal_type
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role_id)
  }
}

@description('Id of the role assignment.')
output role_assignment_id string = assignment.id
