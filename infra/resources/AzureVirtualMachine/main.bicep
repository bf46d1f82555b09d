metadata name = 'AzureVirtualMachine'
metadata description = 'Creates a Linux virtual machine on a network interface that exists. Its disks are deleted with it, its network interface is not.'

@description('Required. Name of the virtual machine.')
@metadata({ nameOf: 'Microsoft.Compute/virtualMachines' })
param vm_name string

@description('Optional. Region of the virtual machine. Default: the resource group\'s.')
param vm_location string = resourceGroup().location

@description('Optional. Availability zone of the virtual machine. Without it Azure chooses.')
param vm_zone '' | '1' | '2' | '3' = ''

@description('Optional. Size of the virtual machine.')
@minLength(1)
param vm_hardware_profile string = 'Standard_B1s'

@description('Required. Name of the network interface, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/networkInterfaces' })
param vm_network_interface_name string

@description('Optional. Publisher of the image.')
@minLength(1)
param vm_image_publisher string = 'Canonical'

@description('Optional. Offer of the image.')
@minLength(1)
param vm_image_flavor string = 'ubuntu-24_04-lts'

@description('Optional. SKU of the image. Its latest version is used.')
@minLength(1)
param vm_image_version string = 'server'

@description('Optional. Storage of the system disk.')
param vm_os_disk_storage_type 'Premium_LRS' | 'Premium_ZRS' | 'StandardSSD_LRS' | 'StandardSSD_ZRS' | 'Standard_LRS' = 'StandardSSD_LRS'

@description('Optional. Size of the system disk in GiB.')
@minValue(1)
@maxValue(4095)
param vm_os_disk_size int = 30

@description('Optional. Storage of the data disk.')
param vm_data_disk_storage_type 'Premium_LRS' | 'Premium_ZRS' | 'StandardSSD_LRS' | 'StandardSSD_ZRS' | 'Standard_LRS' = 'StandardSSD_LRS'

@description('Optional. Size of the data disk in GiB. 0: there is none.')
@minValue(0)
@maxValue(32767)
param vm_data_disk_size int = 0

@description('Optional. Host name. Default: the name of the virtual machine.')
@minLength(1)
@maxLength(64)
param vm_computer_name string = vm_name

@description('Required. Name of the administrator.')
@minLength(1)
@maxLength(64)
param vm_admin_username string

@description('Optional. Public SSH key of the administrator: a property of type `key`, or text. Key or password must be given.')
param vm_admin_public_key string = ''

@description('Optional. Password of the administrator. Without it passwords are refused.')
@secure()
param vm_admin_password string = ''

@description('Optional. What cloud-init reads at the first start, as plain text.')
@secure()
param vm_custom_data string = ''

resource virtualMachine 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: vm_name
  location: vm_location
  tags: {
    Creator: 'Cp4na'
  }
  zones: empty(vm_zone) ? null : [vm_zone]
  properties: {
    hardwareProfile: {
      vmSize: vm_hardware_profile
    }
    storageProfile: {
      imageReference: {
        publisher: vm_image_publisher
        offer: vm_image_flavor
        sku: vm_image_version
        version: 'latest'
      }
      osDisk: {
        osType: 'Linux'
        name: '${vm_name}_osdisk'
        createOption: 'FromImage'
        caching: 'ReadWrite'
        diskSizeGB: vm_os_disk_size
        deleteOption: 'Delete'
        managedDisk: {
          storageAccountType: vm_os_disk_storage_type
        }
      }
      dataDisks: vm_data_disk_size == 0
        ? []
        : [
            {
              lun: 0
              name: '${vm_name}_data_disk'
              createOption: 'Empty'
              caching: 'None'
              diskSizeGB: vm_data_disk_size
              deleteOption: 'Delete'
              managedDisk: {
                storageAccountType: vm_data_disk_storage_type
              }
            }
          ]
    }
    osProfile: {
      computerName: vm_computer_name
      adminUsername: vm_admin_username
      adminPassword: empty(vm_admin_password) ? null : vm_admin_password
      customData: empty(vm_custom_data) ? null : base64(vm_custom_data)
      linuxConfiguration: {
        disablePasswordAuthentication: empty(vm_admin_password)
        provisionVMAgent: true
        ssh: empty(vm_admin_public_key)
          ? null
          : {
              publicKeys: [
                {
                  path: '/home/${vm_admin_username}/.ssh/authorized_keys'
                  keyData: vm_admin_public_key
                }
              ]
            }
      }
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: resourceId('Microsoft.Network/networkInterfaces', vm_network_interface_name)
          properties: {
            primary: true
            deleteOption: 'Detach'
          }
        }
      ]
    }
    diagnosticsProfile: {
      bootDiagnostics: {
        enabled: true
      }
    }
  }
}

@description('Id of the virtual machine.')
output vm_id string = virtualMachine.id

@description('Name of the virtual machine.')
output vm_name string = virtualMachine.name
