metadata name = 'AzureNetworkInterface'
metadata description = 'Creates a network interface in a subnet that exists.'

@description('Required. Name of the network interface.')
@metadata({ nameOf: 'Microsoft.Network/networkInterfaces' })
param network_interface_name string

@description('Optional. Region of the network interface, that of its virtual network. Default: the resource group\'s.')
param network_interface_location string = resourceGroup().location

@description('Required. Name of the virtual network.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vnet_name string

@description('Optional. Resource group of the virtual network. Default: the network interface\'s.')
@metadata({ nameOf: 'Microsoft.Resources/resourceGroups' })
param vnet_resourcegroup_name string = resourceGroup().name

@description('Required. Name of the subnet.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks/subnets' })
param subnet_name string

@description('Optional. Private address of the network interface. Without it Azure chooses one.')
param network_interface_private_ip_address string = ''

@description('Optional. Name of the public IP address of the network interface, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/publicIPAddresses' })
param public_ip_address_name string = ''

@description('Optional. Name of the network security group of the network interface, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/networkSecurityGroups' })
param network_security_group_name string = ''

@description('Optional. Name of the load balancer that sends traffic to the network interface, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/loadBalancers' })
param load_balancer_name string = ''

@description('Optional. Name of the load balancer\'s backend pool that the network interface joins.')
@minLength(1)
param load_balancer_backend_pool_name string = 'backend'

@description('Optional. Whether the network interface passes on traffic for other addresses, as an appliance does.')
param network_interface_enable_ip_forwarding bool = false

@description('Optional. Whether the virtual machine talks to the network card directly. Not every size can.')
param network_interface_enable_accelerated_networking bool = false

resource networkInterface 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: network_interface_name
  location: network_interface_location
  tags: {
    Creator: 'Cp4na'
  }
  properties: {
    enableIPForwarding: network_interface_enable_ip_forwarding
    enableAcceleratedNetworking: network_interface_enable_accelerated_networking
    networkSecurityGroup: empty(network_security_group_name)
      ? null
      : {
          id: resourceId('Microsoft.Network/networkSecurityGroups', network_security_group_name)
        }
    ipConfigurations: [
      {
        name: 'ipconfig'
        properties: {
          subnet: {
            id: resourceId(vnet_resourcegroup_name, 'Microsoft.Network/virtualNetworks/subnets', vnet_name, subnet_name)
          }
          privateIPAllocationMethod: empty(network_interface_private_ip_address) ? 'Dynamic' : 'Static'
          privateIPAddress: empty(network_interface_private_ip_address) ? null : network_interface_private_ip_address
          publicIPAddress: empty(public_ip_address_name)
            ? null
            : {
                id: resourceId('Microsoft.Network/publicIPAddresses', public_ip_address_name)
              }
          loadBalancerBackendAddressPools: empty(load_balancer_name)
            ? null
            : [
                {
                  id: resourceId(
                    'Microsoft.Network/loadBalancers/backendAddressPools',
                    load_balancer_name,
                    load_balancer_backend_pool_name
                  )
                }
              ]
        }
      }
    ]
  }
}

@description('Id of the network interface.')
output network_interface_id string = networkInterface.id

@description('Name of the network interface.')
output network_interface_name string = networkInterface.name

@description('Private address of the network interface.')
output private_ip_address string = networkInterface.properties.ipConfigurations[0].properties.privateIPAddress
