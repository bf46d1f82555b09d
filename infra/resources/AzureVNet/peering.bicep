metadata name = 'CreateVnetPeering'
metadata description = 'Peers the initiator\'s virtual network with the acceptor\'s. A peering carries traffic once both sides have one: call the operation again with the sides exchanged.'

@description('Required. Name of the virtual network that gets the peering. Together with `acceptor_vnet_name` at most 76 characters.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param initiator_vnet_name string

@description('Required. Name of the virtual network that is peered with.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param acceptor_vnet_name string

@description('Required. Resource group of the virtual network that is peered with.')
@metadata({ nameOf: 'Microsoft.Resources/resourceGroups' })
param acceptor_vnet_rg_name string

@description('Optional. Subscription id of the virtual network that is peered with. Default: the initiator\'s.')
param acceptor_vnet_subscription_id string = subscription().subscriptionId

@description('Optional. Whether the acceptor\'s virtual machines can reach the initiator\'s.')
param allow_virtual_network_access bool = true

@description('Optional. Whether the initiator accepts traffic that the acceptor only forwards.')
param allow_forwarded_traffic bool = true

@description('Optional. Whether the acceptor may use the initiator\'s gateway.')
param allow_gateway_transit bool = false

@description('Optional. Whether the initiator uses the acceptor\'s gateway.')
param use_remote_gateways bool = false

resource initiator 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: initiator_vnet_name
}

resource acceptor 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: acceptor_vnet_name
  scope: resourceGroup(acceptor_vnet_subscription_id, acceptor_vnet_rg_name)
}

resource peering 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = {
  parent: initiator
  name: '${initiator_vnet_name}-to-${acceptor_vnet_name}'
  properties: {
    remoteVirtualNetwork: {
      id: acceptor.id
    }
    allowVirtualNetworkAccess: allow_virtual_network_access
    allowForwardedTraffic: allow_forwarded_traffic
    allowGatewayTransit: allow_gateway_transit
    useRemoteGateways: use_remote_gateways
  }
}

@description('Id of the peering.')
output peering_id string = peering.id
