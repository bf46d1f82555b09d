using 'peering.bicep'

param initiator_vnet_name = 'vnet-branch-7'
param acceptor_vnet_name = 'vnet-hub'
param acceptor_vnet_rg_name = 'rg-hub'
