metadata name = 'AzureSubnet'
metadata description = 'Creates a subnet in a virtual network that exists.'

@description('Required. Name of the virtual network.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vnet_name string

@description('Required. Name of the subnet.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks/subnets' })
param subnet_name string

@description('Required. Address range of the subnet in CIDR notation.')
@minLength(1)
param subnet_cidr_block string

@description('Optional. Name of the route table of the subnet, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/routeTables' })
param route_table_name string = ''

@description('Optional. Name of the network security group of the subnet, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/networkSecurityGroups' })
param network_security_group_name string = ''

@description('Optional. Name of the NAT gateway of the subnet, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/natGateways' })
param nat_gateway_name string = ''

@description('Optional. Network policies for private endpoints in the subnet.')
param subnet_private_network_endpoint_policies
  | 'Disabled'
  | 'Enabled'
  | 'NetworkSecurityGroupEnabled'
  | 'RouteTableEnabled' = 'Enabled'

@description('Optional. Network policies for private link services in the subnet.')
param subnet_private_link_service_network_policies 'Disabled' | 'Enabled' = 'Enabled'

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: vnet_name
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: virtualNetwork
  name: subnet_name
  properties: {
    addressPrefix: subnet_cidr_block
    routeTable: empty(route_table_name)
      ? null
      : {
          id: resourceId('Microsoft.Network/routeTables', route_table_name)
        }
    networkSecurityGroup: empty(network_security_group_name)
      ? null
      : {
          id: resourceId('Microsoft.Network/networkSecurityGroups', network_security_group_name)
        }
    natGateway: empty(nat_gateway_name)
      ? null
      : {
          id: resourceId('Microsoft.Network/natGateways', nat_gateway_name)
        }
    privateEndpointNetworkPolicies: subnet_private_network_endpoint_policies
    privateLinkServiceNetworkPolicies: subnet_private_link_service_network_policies
  }
}

@description('Id of the subnet.')
output subnet_id string = subnet.id

@description('Name of the subnet.')
output subnet_name string = subnet.name
