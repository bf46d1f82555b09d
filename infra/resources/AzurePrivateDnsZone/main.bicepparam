using 'main.bicep'

param private_dns_zone_name = 'branch-7.internal'
param vnet_name = 'vnet-branch-7'
param private_dns_zone_registration_enabled = true
