metadata name = 'Private endpoint'
metadata description = 'A private endpoint and the private DNS zone in which its name is found.'

import { tagsType } from 'types.bicep'

@description('Required. Resource id of what it leads to.')
param targetId string

@description('Required. Name of what it leads to.')
param targetName string

@description('Required. Sub-resource, such as blob, vault or sites.')
param service string

@description('Required. Name of the private DNS zone.')
param zoneName string

@description('Required. Name of the network; the endpoint lies in its subnet endpoints.')
param networkName string

@description('Required. Azure region.')
param location string

@description('Required. Tags.')
param tags tagsType

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: networkName

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pep-${targetName}-${service}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network::endpoints.id }
    privateLinkServiceConnections: [
      {
        name: service
        properties: {
          privateLinkServiceId: targetId
          groupIds: [service]
        }
      }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: zone.id } }]
    }
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: network.name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
}
