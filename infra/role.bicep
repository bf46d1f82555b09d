metadata name = 'Role of deployment locations'
metadata description = 'The least role with which the driver creates, operates and deletes the built-in resource types in a subscription, and its assignments.'

targetScope = 'subscription'

@description('Optional. Object ids of the service principals whose credentials stand in deployment locations.')
param principalIds string[] = []

@description('Optional. Name of the role.')
param roleName string = 'Azure resource driver deployments'

@description('Optional. Further actions, for resource packages of your own.')
param furtherActions string[] = []

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'azure-driver-deployments')
  properties: {
    roleName: roleName
    description: 'Creates, operates and deletes the resources of the Azure resource driver by deployments.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: concat(
          [
            'Microsoft.Resources/subscriptions/read'
            'Microsoft.Resources/subscriptions/locations/read'
            'Microsoft.Resources/subscriptions/operationresults/read'
            'Microsoft.Resources/subscriptions/providers/read'
            'Microsoft.Resources/subscriptions/resources/read'
            'Microsoft.Resources/subscriptions/resourceGroups/read'
            'Microsoft.Resources/subscriptions/resourceGroups/write'
            'Microsoft.Resources/subscriptions/resourceGroups/delete'
            'Microsoft.Resources/subscriptions/resourceGroups/resources/read'
            'Microsoft.Resources/deployments/*'
            'Microsoft.Authorization/permissions/read'
            'Microsoft.Network/locations/*/read'
            'Microsoft.Network/loadBalancers/*'
            'Microsoft.Network/natGateways/*'
            'Microsoft.Network/networkInterfaces/*'
            'Microsoft.Network/networkSecurityGroups/*'
            'Microsoft.Network/privateDnsZones/*'
            'Microsoft.Network/privateDnsOperationStatuses/read'
            'Microsoft.Network/privateDnsOperationResults/read'
            'Microsoft.Network/publicIPAddresses/*'
            'Microsoft.Network/routeTables/*'
            'Microsoft.Network/virtualNetworks/*'
            'Microsoft.Compute/locations/*/read'
            'Microsoft.Compute/availabilitySets/read'
            'Microsoft.Compute/disks/read'
            'Microsoft.Compute/disks/write'
            'Microsoft.Compute/disks/delete'
            'Microsoft.Compute/virtualMachines/read'
            'Microsoft.Compute/virtualMachines/write'
            'Microsoft.Compute/virtualMachines/delete'
            'Microsoft.Compute/virtualMachines/instanceView/read'
            'Microsoft.Compute/virtualMachines/start/action'
            'Microsoft.Compute/virtualMachines/restart/action'
            'Microsoft.Compute/virtualMachines/deallocate/action'
            'Microsoft.Storage/locations/*/read'
            'Microsoft.Storage/storageAccounts/read'
            'Microsoft.Storage/storageAccounts/write'
            'Microsoft.Storage/storageAccounts/delete'
          ],
          furtherActions
        )
        notActions: []
      }
    ]
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in principalIds: {
    name: guid(subscription().id, principalId, 'azure-driver-deployments')
    properties: {
      roleDefinitionId: definition.id
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('Resource id of the role.')
output resourceId string = definition.id
