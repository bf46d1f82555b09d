metadata name = 'AzureNetworkSecurityGroup'
metadata description = 'Creates a network security group with the rules of a private or public, local or global network. A Create over a group that is there sets these rules and leaves all others alone.'

@description('Required. Name of the network security group. One of more than 80 characters is refused, not cut.')
@metadata({ nameOf: 'Microsoft.Network/networkSecurityGroups' })
param network_security_group_name string

@description('Optional. Region of the network security group. Default: the resource group\'s.')
param network_security_group_location string = resourceGroup().location

@description('Optional. `private`: nothing out to the Internet, nothing in from load balancers. `public`: the Internet may come in. Without it: neither rule.')
param private_or_public '' | 'private' | 'public' = ''

@description('Optional. `local`: within the virtual network, only `vnet_address_space` is reached. `global` or nothing: no rule of this kind.')
param local_or_global '' | 'local' | 'global' = ''

@description('Optional. Address ranges of the virtual network in CIDR notation. Needed where the group is `public` or `local`.')
param vnet_address_space string[] = []

var rulesOf = {
  private: [
    {
      name: 'DenyInternetOutbound'
      priority: 300
      direction: 'Outbound'
      access: 'Deny'
      from: ['*']
      to: ['Internet']
    }
    {
      name: 'DenyLoadbalancerInbound'
      priority: 600
      direction: 'Inbound'
      access: 'Deny'
      from: ['AzureLoadBalancer']
      to: ['*']
    }
  ]
  public: [
    {
      name: 'AllowInternetInbound'
      priority: 500
      direction: 'Inbound'
      access: 'Allow'
      from: ['Internet']
      to: vnet_address_space
    }
  ]
  local: [
    {
      name: 'AllowVnetCIDROutbound'
      priority: 400
      direction: 'Outbound'
      access: 'Allow'
      from: vnet_address_space
      to: vnet_address_space
    }
    {
      name: 'DenyVnetOutbound'
      priority: 500
      direction: 'Outbound'
      access: 'Deny'
      from: ['VirtualNetwork']
      to: ['VirtualNetwork']
    }
    {
      name: 'AllowVnetCIDRInbound'
      priority: 200
      direction: 'Inbound'
      access: 'Allow'
      from: vnet_address_space
      to: vnet_address_space
    }
    {
      name: 'DenyVnetInbound'
      priority: 300
      direction: 'Inbound'
      access: 'Deny'
      from: ['VirtualNetwork']
      to: ['VirtualNetwork']
    }
  ]
  global: []
}
var rules = concat(
  empty(private_or_public) ? [] : rulesOf[private_or_public],
  empty(local_or_global) ? [] : rulesOf[local_or_global]
)

// A PUT of the group without its rules removes them all, those of CreateNsgRule too. So it is sent only once.
@onlyIfNotExists()
resource networkSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: network_security_group_name
  location: network_security_group_location
  tags: {
    Creator: 'Cp4na'
  }
}

// Azure takes a single range only in the singular property, several only in the plural one.
resource securityRules 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = [
  for rule in rules: {
    parent: networkSecurityGroup
    name: rule.name
    properties: {
      priority: rule.priority
      direction: rule.direction
      access: rule.access
      protocol: '*'
      sourceAddressPrefix: length(rule.from) == 1 ? rule.from[0] : null
      sourceAddressPrefixes: length(rule.from) == 1 ? null : rule.from
      sourcePortRange: '*'
      destinationAddressPrefix: length(rule.to) == 1 ? rule.to[0] : null
      destinationAddressPrefixes: length(rule.to) == 1 ? null : rule.to
      destinationPortRange: '*'
    }
  }
]

@description('Id of the network security group.')
output network_security_group_id string = networkSecurityGroup.id

@description('Name of the network security group.')
output network_security_group_name string = networkSecurityGroup.name
