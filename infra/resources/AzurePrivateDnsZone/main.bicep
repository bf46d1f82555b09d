metadata name = 'AzurePrivateDnsZone'
metadata description = 'Creates a private DNS zone and, if asked for, its link to a virtual network.'

@description('Required. Name of the zone, such as `internal.example.com`.')
@metadata({ nameOf: 'Microsoft.Network/privateDnsZones' })
param private_dns_zone_name string

@description('Optional. Name of the virtual network that resolves names by the zone.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vnet_name string = ''

@description('Optional. Resource group of the virtual network. Default: the zone\'s.')
@metadata({ nameOf: 'Microsoft.Resources/resourceGroups' })
param vnet_resourcegroup_name string = resourceGroup().name

@description('Optional. Whether the virtual machines of the virtual network get records in the zone.')
param private_dns_zone_registration_enabled bool = false

resource privateDnsZone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: private_dns_zone_name
  location: 'global'
  tags: {
    Creator: 'Cp4na'
  }

  resource link 'virtualNetworkLinks' = if (!empty(vnet_name)) {
    name: vnet_name
    location: 'global'
    tags: {
      Creator: 'Cp4na'
    }
    properties: {
      registrationEnabled: private_dns_zone_registration_enabled
      virtualNetwork: {
        id: resourceId(vnet_resourcegroup_name, 'Microsoft.Network/virtualNetworks', vnet_name)
      }
    }
  }
}

@description('Id of the private DNS zone.')
output private_dns_zone_id string = privateDnsZone.id

@description('Name of the private DNS zone.')
output private_dns_zone_name string = privateDnsZone.name
