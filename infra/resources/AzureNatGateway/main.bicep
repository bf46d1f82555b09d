metadata name = 'AzureNatGateway'
metadata description = 'Creates a NAT gateway at a public IP address that exists. Subnets join it by its name.'

@description('Required. Name of the NAT gateway.')
@metadata({ nameOf: 'Microsoft.Network/natGateways' })
param nat_gateway_name string

@description('Optional. Region of the NAT gateway. Default: the resource group\'s.')
param nat_gateway_location string = resourceGroup().location

@description('Required. Name of the public IP address by which traffic leaves: a `Standard` one in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/publicIPAddresses' })
param public_ip_address_name string

@description('Optional. Availability zone of the NAT gateway. Without it Azure chooses.')
param nat_gateway_zone '' | '1' | '2' | '3' = ''

@description('Optional. Minutes after which an idle connection is closed.')
@minValue(4)
@maxValue(120)
param nat_gateway_idle_timeout int = 4

resource natGateway 'Microsoft.Network/natGateways@2024-05-01' = {
  name: nat_gateway_name
  location: nat_gateway_location
  tags: {
    Creator: 'Cp4na'
  }
  sku: {
    name: 'Standard'
  }
  zones: empty(nat_gateway_zone) ? null : [nat_gateway_zone]
  properties: {
    idleTimeoutInMinutes: nat_gateway_idle_timeout
    publicIpAddresses: [
      {
        id: resourceId('Microsoft.Network/publicIPAddresses', public_ip_address_name)
      }
    ]
  }
}

@description('Id of the NAT gateway.')
output nat_gateway_id string = natGateway.id

@description('Name of the NAT gateway.')
output nat_gateway_name string = natGateway.name
