using 'main.bicep'

param load_balancer_name = 'lb-web'
param vnet_name = 'vnet-branch-7'
param subnet_name = 'subnet-lan'
param load_balancer_frontend_port = 443
