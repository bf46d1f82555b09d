metadata name = 'Network'
metadata description = 'A virtual network for the app: one subnet it calls out from, one for private endpoints.'

import { tagsType } from 'types.bicep'

@description('Required. Name of the virtual network.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Address space, a /24 or larger.')
param addressPrefix string

@description('Required. Service that the app\'s subnet is delegated to.')
param delegation 'Microsoft.App/environments' | 'Microsoft.Web/serverFarms'

@description('Required. Tags.')
param tags tagsType

resource group 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [{ name: 'functions', properties: { serviceName: delegation } }]
          networkSecurityGroup: { id: group.id }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          privateEndpointNetworkPolicies: 'Enabled'
          networkSecurityGroup: { id: group.id }
        }
      }
    ]
  }
}
