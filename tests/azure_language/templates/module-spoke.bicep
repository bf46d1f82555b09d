param name string
param index int
param hubRgName string
param hubVnetId string
param hubVnetName string
param nextHop string
var range = cidrSubnet('10.0.0.0/8', 16, index + 1)
resource rt 'Microsoft.Network/routeTables@2023-11-01' = if (!empty(nextHop)) {
  name: '${name}-rt'
  location: resourceGroup().location
  properties: {
    routes: [
      {
        name: 'd'
        properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: nextHop }
      }
    ]
  }
}
resource vnet 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: name
  location: resourceGroup().location
  properties: {
    addressSpace: { addressPrefixes: [range] }
    subnets: [
      for i in sys.range(0, 3): {
        name: 's${i}'
        properties: { addressPrefix: cidrSubnet(range, 24, i), routeTable: empty(nextHop) ? null : { id: rt.id } }
      }
    ]
  }
}
resource toHub 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-11-01' = {
  parent: vnet
  name: 'to-${hubVnetName}'
  properties: { remoteVirtualNetwork: { id: hubVnetId }, allowForwardedTraffic: true }
}
module back 'module-peering.bicep' = {
  name: 'back-${name}'
  scope: resourceGroup(hubRgName)
  params: { local: hubVnetName, remote: vnet.id, n: toHub.name }
}
output subnets array = [for i in sys.range(0, 3): vnet.properties.subnets[i].name]
output backId string = back.outputs.id
