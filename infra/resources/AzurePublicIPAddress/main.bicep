metadata name = 'AzurePublicIPAddress'
metadata description = 'Creates a public IP address.'

@description('Required. Name of the public IP address.')
@metadata({ nameOf: 'Microsoft.Network/publicIPAddresses' })
param public_ip_address_name string

@description('Optional. Region of the public IP address. Default: the resource group\'s.')
param public_ip_location string = resourceGroup().location

@description('Optional. Version of the Internet protocol.')
param public_ip_address_version 'IPv4' | 'IPv6' = 'IPv4'

@description('Optional. Whether the address is kept (`Static`) or found when it is used. A `Standard` one is `Static`.')
param public_ip_allocation_method 'Dynamic' | 'Static' = 'Static'

@description('Optional. SKU of the public IP address.')
param public_ip_sku_type_name 'Basic' | 'Standard' = 'Standard'

@description('Optional. Whether the address is of one region or of all.')
param public_ip_sku_tier_name 'Global' | 'Regional' = 'Regional'

@description('Optional. Availability zones of the public IP address. Without them Azure spreads it over the zones of the region.')
param public_ip_zones string[] = []

@description('Optional. Minutes after which an idle connection is closed.')
@minValue(4)
@maxValue(30)
param public_ip_idle_timeout int = 4

@description('Optional. DNS label of the public IP address, unique in its region.')
@maxLength(63)
param public_ip_domain_name_label string = ''

resource publicIPAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: public_ip_address_name
  location: public_ip_location
  tags: {
    Creator: 'Cp4na'
  }
  sku: {
    name: public_ip_sku_type_name
    tier: public_ip_sku_tier_name
  }
  zones: empty(public_ip_zones) ? null : public_ip_zones
  properties: {
    publicIPAddressVersion: public_ip_address_version
    publicIPAllocationMethod: public_ip_allocation_method
    idleTimeoutInMinutes: public_ip_idle_timeout
    dnsSettings: empty(public_ip_domain_name_label)
      ? null
      : {
          domainNameLabel: public_ip_domain_name_label
        }
  }
}

@description('Id of the public IP address.')
output public_ip_address_id string = publicIPAddress.id

@description('Name of the public IP address.')
output public_ip_address_name string = publicIPAddress.name

@description('The address itself, empty while a `Dynamic` one has none.')
output public_ip_address string = publicIPAddress.properties.?ipAddress ?? ''
