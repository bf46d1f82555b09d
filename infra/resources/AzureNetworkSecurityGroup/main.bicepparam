using 'main.bicep'

param network_security_group_name = 'nsg-lan'
param private_or_public = 'private'
param local_or_global = 'local'
param vnet_address_space = ['10.7.0.0/16']
