metadata name = 'AzureResourceGroup'
metadata description = 'Creates a resource group.'

targetScope = 'subscription'

@description('Required. Name of the resource group.')
@metadata({ nameOf: 'Microsoft.Resources/resourceGroups' })
@minLength(1)
@maxLength(90)
param resourcegroup_name string

@description('Required. Region of the resource group, such as `northeurope` or `North Europe`.')
@minLength(1)
param resourcegroup_location string

resource resourceGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourcegroup_name
  location: resourcegroup_location
  tags: {
    Creator: 'Cp4na'
  }
}

@description('Id of the resource group.')
output resourcegroup_id string = resourceGroup.id

@description('Name of the resource group.')
output resourcegroup_name string = resourceGroup.name
