metadata name = 'AzureVirtualEdge'
metadata description = 'Creates a VeloCloud SD-WAN edge: a virtual machine with management (GE1), public (GE2) and private (GE3) network interfaces, in a virtual network of its own or in one that exists.'

@description('Required. Name of the edge and of its virtual machine. The names of its other resources begin with it.')
@metadata({ nameOf: 'Microsoft.Compute/virtualMachines' })
@maxLength(64)
param EdgeName string

@description('Optional. Region of the edge. Default: the resource group\'s.')
param vceLocation string = resourceGroup().location

@description('Optional. Version of the edge in the marketplace, whose terms the subscription must have accepted.')
param EdgeVersion 'Virtual Edge 2.5' | 'Virtual Edge 3.x' = 'Virtual Edge 3.x'

@description('Optional. Size of the virtual machine. It must allow three network interfaces.')
@minLength(1)
param virtualMachineSize string = 'Standard_DS3_v2'

@description('Optional. Administrator that the image of the edge expects.')
@minLength(1)
param EdgeAdminUsername string = 'vcadmin'

@description('Required. Public SSH key of the administrator: a property of type `key`, or text.')
@minLength(1)
param SslPublicKey string

@description('Required. Host name or address of the orchestrator that the edge reports to.')
@minLength(1)
param VCO string

@description('Required. Key by which the orchestrator knows the edge.')
@secure()
@minLength(1)
param ActivationKey string

@description('Optional. Whether the edge accepts an orchestrator with an invalid certificate.')
param IgnoreCertErrors bool = false

@description('Optional. Whether the virtual network is made with the edge or exists.')
param virtualNetworkNewOrExisting 'existing' | 'new' = 'new'

@description('Optional. Name of the virtual network, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vNetName string = 'AzureVNET'

@description('Optional. Address range of a new virtual network in CIDR notation.')
@minLength(1)
param vNetPrefix string = '10.0.0.0/16'

@description('Optional. Name of the subnet of the management and public network interfaces.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks/subnets' })
param PublicSubnetName string = 'Public_SN'

@description('Optional. Address range of a new public subnet in CIDR notation.')
@minLength(1)
param PublicSubnet string = '10.0.0.0/24'

@description('Optional. Name of the subnet of the private network interface.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks/subnets' })
param PrivateSubnetName string = 'Private_SN'

@description('Optional. Address range of a new private subnet in CIDR notation.')
@minLength(1)
param PrivateSubnet string = '10.0.3.0/24'

@description('Optional. Address of the private network interface, in the private subnet.')
@minLength(1)
param EdgeGE3LANIP string = '10.0.3.4'

@description('Optional. Where SSH and SNMP may reach the edge from: address ranges, or one service tag, or `*`. Without it they may not.')
param ManagementAddressPrefixes string[] = []

var tags = {
  Creator: 'Cp4na'
}
var isNew = virtualNetworkNewOrExisting == 'new'
var image = {
  'Virtual Edge 2.5': { offer: 'velocloud-virtual-edge', version: '2.5.0' }
  'Virtual Edge 3.x': { offer: 'velocloud-virtual-edge-3x', version: '3.0.0' }
}[EdgeVersion]
var cloudInit = '#cloud-config\nvelocloud:\n vce:\n  vco: ${VCO}\n  activation_code: ${ActivationKey}\n  vco_ignore_cert_errors: ${IgnoreCertErrors ? 'true' : 'false'}\n'
var openPorts = concat(
  [
    { name: 'VCMP', priority: 1000, protocol: 'Udp', port: '2426', from: ['*'] }
  ],
  empty(ManagementAddressPrefixes)
    ? []
    : [
        { name: 'SSH', priority: 1001, protocol: 'Tcp', port: '22', from: ManagementAddressPrefixes }
        { name: 'SNMP', priority: 1002, protocol: 'Udp', port: '161', from: ManagementAddressPrefixes }
      ]
)

resource wanSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${EdgeName}-wan-nsg'
  location: vceLocation
  tags: tags
  properties: {
    securityRules: [
      for rule in openPorts: {
        name: rule.name
        properties: {
          priority: rule.priority
          direction: 'Inbound'
          access: 'Allow'
          protocol: rule.protocol
          sourceAddressPrefix: length(rule.from) == 1 ? rule.from[0] : null
          sourceAddressPrefixes: length(rule.from) == 1 ? null : rule.from
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: rule.port
        }
      }
    ]
  }
}

// The edge routes for its LAN: traffic to any address must be able to enter by its private interface.
resource lanSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${EdgeName}-lan-nsg'
  location: vceLocation
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'LAN'
        properties: {
          priority: 1000
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource publicRoutes 'Microsoft.Network/routeTables@2024-05-01' = if (isNew) {
  name: '${vNetName}-PUB-RT'
  location: vceLocation
  tags: tags
  properties: {
    routes: [
      {
        name: 'DefaultRouteToInternet'
        properties: {
          addressPrefix: '0.0.0.0/0'
          nextHopType: 'Internet'
        }
      }
    ]
  }
}

resource privateRoutes 'Microsoft.Network/routeTables@2024-05-01' = if (isNew) {
  name: '${vNetName}-PRI-RT'
  location: vceLocation
  tags: tags
  properties: {
    routes: [
      {
        name: 'DefaultRouteToGE3'
        properties: {
          addressPrefix: '0.0.0.0/0'
          nextHopType: 'VirtualAppliance'
          nextHopIpAddress: EdgeGE3LANIP
        }
      }
    ]
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' = if (isNew) {
  name: vNetName
  location: vceLocation
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [vNetPrefix]
    }
  }
}

resource publicSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = if (isNew) {
  parent: virtualNetwork
  name: PublicSubnetName
  properties: {
    addressPrefix: PublicSubnet
    routeTable: {
      id: publicRoutes.id
    }
  }
}

resource privateSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = if (isNew) {
  parent: virtualNetwork
  name: PrivateSubnetName
  properties: {
    addressPrefix: PrivateSubnet
    routeTable: {
      id: privateRoutes.id
    }
  }
  dependsOn: [
    publicSubnet // one after the other: Azure refuses concurrent writes to a virtual network
  ]
}

resource publicIPAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: '${EdgeName}-publicIP'
  location: vceLocation
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource managementInterface 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: '${EdgeName}1-nic'
  location: vceLocation
  tags: tags
  properties: {
    enableIPForwarding: true
    networkSecurityGroup: {
      id: wanSecurityGroup.id
    }
    ipConfigurations: [
      {
        name: '${EdgeName}-1-ipconfig'
        properties: {
          subnet: {
            id: publicSubnet.id
          }
          privateIPAllocationMethod: 'Dynamic'
        }
      }
    ]
  }
}

resource publicInterface 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: '${EdgeName}2-nic'
  location: vceLocation
  tags: tags
  properties: {
    enableIPForwarding: true
    networkSecurityGroup: {
      id: wanSecurityGroup.id
    }
    ipConfigurations: [
      {
        name: '${EdgeName}-2-ipconfig'
        properties: {
          subnet: {
            id: publicSubnet.id
          }
          privateIPAllocationMethod: 'Dynamic'
          publicIPAddress: {
            id: publicIPAddress.id
          }
        }
      }
    ]
  }
}

resource privateInterface 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: '${EdgeName}3-nic'
  location: vceLocation
  tags: tags
  properties: {
    enableIPForwarding: true
    networkSecurityGroup: {
      id: lanSecurityGroup.id
    }
    ipConfigurations: [
      {
        name: '${EdgeName}-3-ipconfig'
        properties: {
          subnet: {
            id: privateSubnet.id
          }
          privateIPAllocationMethod: 'Static'
          privateIPAddress: EdgeGE3LANIP
        }
      }
    ]
  }
}

resource edge 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: EdgeName
  location: vceLocation
  tags: tags
  plan: {
    publisher: 'velocloud'
    product: image.offer
    name: image.offer
  }
  properties: {
    hardwareProfile: {
      vmSize: virtualMachineSize
    }
    storageProfile: {
      imageReference: {
        publisher: 'velocloud'
        offer: image.offer
        sku: image.offer
        version: image.version
      }
      osDisk: {
        createOption: 'FromImage'
        deleteOption: 'Delete'
      }
    }
    osProfile: {
      computerName: EdgeName
      adminUsername: EdgeAdminUsername
      customData: base64(cloudInit)
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: {
          publicKeys: [
            {
              path: '/home/${EdgeAdminUsername}/.ssh/authorized_keys'
              keyData: SslPublicKey
            }
          ]
        }
      }
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: managementInterface.id
          properties: {
            primary: true
          }
        }
        {
          id: publicInterface.id
          properties: {
            primary: false
          }
        }
        {
          id: privateInterface.id
          properties: {
            primary: false
          }
        }
      ]
    }
  }
}

@description('Id of the virtual machine.')
output edge_id string = edge.id

@description('Name of the edge.')
output edge_name string = edge.name

@description('Public address of the edge.')
output edge_public_ip_address string = publicIPAddress.properties.ipAddress
