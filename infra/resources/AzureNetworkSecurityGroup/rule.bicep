metadata name = 'CreateNsgRule'
metadata description = 'Creates or changes one rule of the network security group.'

@description('Required. Name of the network security group.')
@metadata({ nameOf: 'Microsoft.Network/networkSecurityGroups' })
param network_security_group_name string

@description('Required. Name of the rule.')
@metadata({ nameOf: 'Microsoft.Network/networkSecurityGroups/securityRules' })
param nsg_rule_name string

@description('Required. Priority of the rule: the lowest number comes first. No two rules of a direction share one.')
@minValue(100)
@maxValue(4096)
param priority int

@description('Optional. Whether the rule allows or denies.')
param access 'Allow' | 'Deny' = 'Allow'

@description('Optional. Whether the rule is for traffic that comes in or goes out.')
param direction 'Inbound' | 'Outbound' = 'Inbound'

@description('Optional. Protocol of the traffic.')
param protocol '*' | 'Ah' | 'Esp' | 'Icmp' | 'Tcp' | 'Udp' = 'Tcp'

@description('Optional. Where the traffic comes from: address ranges, or one service tag, or `*`.')
@minLength(1)
param source_address_prefixes string[] = ['*']

@description('Optional. Ports the traffic comes from, such as `443` or `8000-8080`, or `*`.')
@minLength(1)
param source_port_ranges string[] = ['*']

@description('Optional. Where the traffic goes to: address ranges, or one service tag, or `*`.')
@minLength(1)
param destination_address_prefixes string[] = ['*']

@description('Required. Ports the traffic goes to, such as `443` or `8000-8080`, or `*`.')
@minLength(1)
param destination_port_ranges string[]

resource networkSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' existing = {
  name: network_security_group_name
}

// Azure takes a single range only in the singular property, several only in the plural one.
resource securityRule 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = {
  parent: networkSecurityGroup
  name: nsg_rule_name
  properties: {
    priority: priority
    direction: direction
    access: access
    protocol: protocol
    sourceAddressPrefix: length(source_address_prefixes) == 1 ? source_address_prefixes[0] : null
    sourceAddressPrefixes: length(source_address_prefixes) == 1 ? null : source_address_prefixes
    sourcePortRange: length(source_port_ranges) == 1 ? source_port_ranges[0] : null
    sourcePortRanges: length(source_port_ranges) == 1 ? null : source_port_ranges
    destinationAddressPrefix: length(destination_address_prefixes) == 1 ? destination_address_prefixes[0] : null
    destinationAddressPrefixes: length(destination_address_prefixes) == 1 ? null : destination_address_prefixes
    destinationPortRange: length(destination_port_ranges) == 1 ? destination_port_ranges[0] : null
    destinationPortRanges: length(destination_port_ranges) == 1 ? null : destination_port_ranges
  }
}

@description('Id of the rule.')
output nsg_rule_id string = securityRule.id
