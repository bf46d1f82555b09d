using 'main.bicep'

param vnet_name = 'vnet-branch-7'
param subnet_name = 'subnet-lan'
param subnet_cidr_block = '10.7.2.0/24'
param route_table_name = 'rt-lan'
param network_security_group_name = 'nsg-lan'
