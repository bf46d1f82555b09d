resource i 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${uniqueString(subscription().id, resourceGroup().id, deployment().name)}'
  location: resourceGroup().location
  tags: resourceGroup().tags
}
output id string = i.id
output principalId string = i.properties.principalId
