param local string
param remote string
param n string
resource v 'Microsoft.Network/virtualNetworks@2023-11-01' existing = { name: local }
resource p 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-11-01' = {
  parent: v
  name: 'to-${last(split(remote, '/'))}'
  properties: {
    remoteVirtualNetwork: { id: remote }
    peeringState: n
    remoteAddressSpace: { addressPrefixes: v.properties.addressSpace.addressPrefixes }
  }
}
output id string = p.id
