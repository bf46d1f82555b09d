// A module of the others.
param name string
param location string = resourceGroup().location
param tags object = {}
@secure()
param key string = 'default'
param count int = 1

resource account 'Microsoft.Storage/storageAccounts@2023-01-01' = [for i in range(0, count): {
  name: '${name}${i}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  tags: union(tags, { deployment: deployment().name, key: key })
}]

output id string = account[0].id
output blob string = account[0].properties.primaryEndpoints.blob
output all array = [for i in range(0, count): account[i].name]
output group object = { name: resourceGroup().name, location: location, fixed: [1, 2, { a: 'b' }] }
