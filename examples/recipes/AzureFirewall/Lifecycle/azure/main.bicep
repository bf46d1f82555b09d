metadata name = 'AzureFirewall'
metadata description = 'Creates a firewall with a policy and a public address in a network that is there.'

@description('Required. Name of the firewall.')
@minLength(1)
@maxLength(56)
param firewall_name string

@description('Required. Name of the network, in the same resource group, that gets the subnet AzureFirewallSubnet.')
param vnet_name string

@description('Required. Address range of that subnet: /26 or larger.')
param subnet_prefix string

@description('Optional. Region. Default: the resource group\'s.')
param location string = resourceGroup().location

@description('Optional. Standard or Premium. Default: Standard.')
@allowed(['Standard', 'Premium'])
param tier string = 'Standard'

module address 'modules/address.bicep' = {
  name: '${firewall_name}-address'
  params: {
    name: '${firewall_name}-ip'
    location: location
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: vnet_name
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'AzureFirewallSubnet'
  properties: {
    addressPrefix: subnet_prefix
  }
}

resource policy 'Microsoft.Network/firewallPolicies@2024-05-01' = {
  name: '${firewall_name}-policy'
  location: location
  properties: {
    sku: {
      tier: tier
    }
    threatIntelMode: 'Alert'
  }
}

resource firewall 'Microsoft.Network/azureFirewalls@2024-05-01' = {
  name: firewall_name
  location: location
  properties: {
    sku: {
      name: 'AZFW_VNet'
      tier: tier
    }
    firewallPolicy: {
      id: policy.id
    }
    ipConfigurations: [
      {
        name: 'outside'
        properties: {
          subnet: {
            id: subnet.id
          }
          publicIPAddress: {
            id: address.outputs.id
          }
        }
      }
    ]
  }
}

@description('Id of the firewall.')
output firewall_id string = firewall.id

@description('Public address of the firewall.')
output firewall_public_ip string = address.outputs.ip
