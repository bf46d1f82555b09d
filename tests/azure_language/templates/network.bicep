// Address arithmetic: subnets computed, hosts counted, IPv6 too.
@minLength(3)
param addressPrefix string = '10.20.0.0/16'
@minValue(1)
@maxValue(8)
param count int = 3

var parsed = parseCidr(addressPrefix)

resource vnet 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: 'vnet'
  location: resourceGroup().location
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix, 'fd12:3456:789a::/48'] }
    subnets: [for i in range(0, count): {
      name: 'snet-${padLeft(i, 2, '0')}'
      properties: {
        addressPrefixes: [
          cidrSubnet(addressPrefix, 24, i)
          cidrSubnet('fd12:3456:789a::/48', 64, i)
        ]
      }
    }]
  }
}

resource gateways 'Microsoft.Network/networkInterfaces@2023-11-01' = [for i in range(0, count): if (i != 1) {
  name: 'nic-${i}'
  location: resourceGroup().location
  properties: {
    ipConfigurations: [
      {
        name: 'ip'
        properties: {
          privateIPAddress: cidrHost(cidrSubnet(addressPrefix, 24, i), i + 3)
          subnet: { id: '${vnet.id}/subnets/snet-${padLeft(i, 2, '0')}' }
        }
      }
    ]
  }
}]

output range object = parsed
output six object = parseCidr('fd12:3456:789a::/48')
output small array = [parseCidr('10.0.0.4/30'), parseCidr('10.0.0.0/31'), parseCidr('10.0.0.9/32')]
output hosts array = [for i in range(0, 4): cidrHost('192.168.7.77/24', i * 10)]
output first string = vnet.properties.subnets[0].id
