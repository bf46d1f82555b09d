metadata name = 'AzureVNet'
metadata description = 'Creates a virtual network and, if asked for, its subnet `default`.'

@description('Required. Name of the virtual network.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vnet_name string

@description('Optional. Region of the virtual network. Default: the resource group\'s.')
param vnet_location string = resourceGroup().location

@description('Required. Address ranges of the virtual network in CIDR notation.')
@minLength(1)
param vnet_address_space string[]

@description('Optional. Address range of the subnet `default` in CIDR notation. Without it there is no such subnet.')
param vnet_default_cidr_block string = ''

@description('Optional. Whether the virtual network is protected by `vnet_ddos_protection_plan_id`.')
param vnet_enable_ddos_protection bool = false

@description('Optional. Id of the DDoS protection plan. Azure demands one where protection is enabled.')
param vnet_ddos_protection_plan_id string = ''

@description('Optional. Network policies for private endpoints in the subnet `default`.')
param vnet_private_endpoint_network_policies
  | 'Disabled'
  | 'Enabled'
  | 'NetworkSecurityGroupEnabled'
  | 'RouteTableEnabled' = 'Enabled'

@description('Optional. Network policies for private link services in the subnet `default`.')
param vnet_private_link_service_network_policies 'Disabled' | 'Enabled' = 'Enabled'

// Subnets and peerings are children and left out here: a PUT with them in it deletes the ones it does not name.
resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: vnet_name
  location: vnet_location
  tags: {
    Creator: 'Cp4na'
  }
  properties: {
    addressSpace: {
      addressPrefixes: vnet_address_space
    }
    enableDdosProtection: vnet_enable_ddos_protection
    ddosProtectionPlan: empty(vnet_ddos_protection_plan_id)
      ? null
      : {
          id: vnet_ddos_protection_plan_id
        }
  }

  resource defaultSubnet 'subnets' = if (!empty(vnet_default_cidr_block)) {
    name: 'default'
    properties: {
      addressPrefix: vnet_default_cidr_block
      privateEndpointNetworkPolicies: vnet_private_endpoint_network_policies
      privateLinkServiceNetworkPolicies: vnet_private_link_service_network_policies
    }
  }
}

@description('Id of the virtual network.')
output vnet_id string = virtualNetwork.id

@description('Name of the virtual network.')
output vnet_name string = virtualNetwork.name

@description('Id of the subnet `default`, empty if there is none.')
output default_subnet_id string = empty(vnet_default_cidr_block) ? '' : virtualNetwork::defaultSubnet.id
