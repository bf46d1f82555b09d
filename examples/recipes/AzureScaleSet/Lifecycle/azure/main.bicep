metadata name = 'AzureScaleSet'
metadata description = 'Creates a scale set of Linux machines behind a network of its own.'

@description('Required. Name of the scale set; its network and its machines are named after it.')
@minLength(1)
@maxLength(50)
param scale_set_name string

@description('Optional. Region. Default: the resource group\'s.')
param location string = resourceGroup().location

@description('Optional. Number of machines. Default: 2.')
@minValue(0)
@maxValue(100)
param instances int = 2

@description('Optional. Size of the machines. Default: Standard_B2s.')
param vm_size string = 'Standard_B2s'

@description('Optional. Zones to spread the machines over, such as 1,2,3. Default: none.')
param zones array = []

@description('Optional. Address range of the network. Default: 10.10.0.0/16.')
param address_space string = '10.10.0.0/16'

@description('Optional. Administrator\'s name. Default: azureuser.')
param admin_username string = 'azureuser'

@description('Required. Administrator\'s public SSH key: a property of type `key` gives it.')
param admin_key string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${scale_set_name}-vnet'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [address_space]
    }
    subnets: [
      {
        name: 'machines'
        properties: {
          addressPrefix: cidrSubnet(address_space, 24, 0)
          defaultOutboundAccess: false
        }
      }
    ]
  }
}

resource scaleSet 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {
  name: scale_set_name
  location: location
  zones: empty(zones) ? null : zones
  sku: {
    name: vm_size
    tier: 'Standard'
    capacity: instances
  }
  properties: {
    orchestrationMode: 'Uniform'
    overprovision: false
    upgradePolicy: {
      mode: 'Manual'
    }
    virtualMachineProfile: {
      osProfile: {
        computerNamePrefix: take(scale_set_name, 9)
        adminUsername: admin_username
        linuxConfiguration: {
          disablePasswordAuthentication: true
          ssh: {
            publicKeys: [
              {
                path: '/home/${admin_username}/.ssh/authorized_keys'
                keyData: admin_key
              }
            ]
          }
        }
      }
      storageProfile: {
        imageReference: {
          publisher: 'Canonical'
          offer: 'ubuntu-24_04-lts'
          sku: 'server'
          version: 'latest'
        }
        osDisk: {
          createOption: 'FromImage'
          managedDisk: {
            storageAccountType: 'StandardSSD_LRS'
          }
        }
      }
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: 'nic'
            properties: {
              primary: true
              ipConfigurations: [
                {
                  name: 'ip'
                  properties: {
                    subnet: {
                      id: network.properties.subnets[0].id
                    }
                  }
                }
              ]
            }
          }
        ]
      }
    }
  }
}

@description('Id of the scale set.')
output scale_set_id string = scaleSet.id
