using 'main.bicep'

param vnet_name = 'vnet-branch-7'
param vnet_address_space = ['10.7.0.0/16']
param vnet_default_cidr_block = '10.7.1.0/24'
