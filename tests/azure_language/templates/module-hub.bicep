param fw bool
param tags object
resource vnet 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: 'hub'
  location: resourceGroup().location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] }
    subnets: [
      { name: 'a', properties: { addressPrefix: cidrSubnet('10.0.0.0/16', 24, 1) } }
      { name: 'AzureFirewallSubnet', properties: { addressPrefix: '10.0.0.0/26' } }
    ]
  }
}
resource ip 'Microsoft.Network/publicIPAddresses@2023-11-01' = if (fw) {
  name: 'fwip'
  location: resourceGroup().location
}
resource firewall 'Microsoft.Network/azureFirewalls@2023-11-01' = if (fw) {
  name: 'fw'
  location: resourceGroup().location
  properties: {
    ipConfigurations: [
      {
        name: 'c'
        properties: { publicIPAddress: { id: ip.id }, subnet: { id: '${vnet.id}/subnets/AzureFirewallSubnet' } }
      }
    ]
  }
}
output vnetId string = vnet.id
output vnetName string = vnet.name
output fwIp string = fw ? firewall!.properties.ipConfigurations[0].properties.privateIPAddress : ''
output all object = {
  id: vnet.id
  prefixes: vnet.properties.addressSpace.addressPrefixes
  sub: map(vnet.properties.subnets, s => { name: s.name, p: s.properties.addressPrefix })
  guid: vnet.properties.resourceGuid
}
