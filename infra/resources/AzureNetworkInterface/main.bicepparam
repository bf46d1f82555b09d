using 'main.bicep'

param network_interface_name = 'nic-web'
param vnet_name = 'vnet-branch-7'
param subnet_name = 'subnet-lan'
param load_balancer_name = 'lb-web'
