param prefix string
param hub bool
param hubId string = ''
resource vnet 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: '${prefix}-vnet'
  location: resourceGroup().location
  tags: resourceGroup().tags
  properties: { addressSpace: { addressPrefixes: [hub ? '10.0.0.0/16' : '10.${length(prefix)}.0.0/16'] } }
}
resource peer 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-11-01' = if (!hub) {
  parent: vnet
  name: 'to-${last(split(hubId, '/'))}'
  properties: { remoteVirtualNetwork: { id: empty(hubId) ? null : hubId } }
}
output id string = vnet.id
output peer string = hub ? 'none' : peer.id
output prefixes array = vnet.properties.addressSpace.addressPrefixes
