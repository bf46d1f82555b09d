metadata name = 'AzureLoadBalancer'
metadata description = 'Creates a Standard load balancer with one rule: a public one at `public_ip_address_name`, or an internal one in `subnet_name`. Network interfaces join it by its name.'

@description('Required. Name of the load balancer.')
@metadata({ nameOf: 'Microsoft.Network/loadBalancers' })
param load_balancer_name string

@description('Optional. Region of the load balancer. Default: the resource group\'s.')
param load_balancer_location string = resourceGroup().location

@description('Optional. Name of the public IP address of a public load balancer, in the same resource group.')
@metadata({ nameOf: 'Microsoft.Network/publicIPAddresses' })
param public_ip_address_name string = ''

@description('Optional. Name of the virtual network of an internal load balancer.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks' })
param vnet_name string = ''

@description('Optional. Resource group of the virtual network. Default: the load balancer\'s.')
@metadata({ nameOf: 'Microsoft.Resources/resourceGroups' })
param vnet_resourcegroup_name string = resourceGroup().name

@description('Optional. Name of the subnet of an internal load balancer.')
@metadata({ nameOf: 'Microsoft.Network/virtualNetworks/subnets' })
param subnet_name string = ''

@description('Optional. Private address of an internal load balancer. Without it Azure chooses one.')
param load_balancer_private_ip_address string = ''

@description('Optional. Name of the backend pool.')
@minLength(1)
param load_balancer_backend_pool_name string = 'backend'

@description('Optional. Protocol of the traffic. `All` is for internal load balancers: every port of every protocol.')
param load_balancer_protocol 'All' | 'Tcp' | 'Udp' = 'Tcp'

@description('Optional. Port at which the load balancer takes traffic.')
@minValue(1)
@maxValue(65534)
param load_balancer_frontend_port int = 80

@description('Optional. Port to which it sends traffic. Default: the port at which it takes it.')
@minValue(1)
@maxValue(65535)
param load_balancer_backend_port int = load_balancer_frontend_port

@description('Optional. Protocol by which it finds out who is alive.')
param load_balancer_probe_protocol 'Http' | 'Https' | 'Tcp' = 'Tcp'

@description('Optional. Port at which it finds out who is alive. Default: the port to which it sends traffic.')
@minValue(1)
@maxValue(65535)
param load_balancer_probe_port int = load_balancer_backend_port

@description('Optional. Path that answers 200 to the probe, if that speaks HTTP.')
@minLength(1)
param load_balancer_probe_path string = '/'

var frontend = 'frontend'
var probe = 'probe'

resource loadBalancer 'Microsoft.Network/loadBalancers@2024-05-01' = {
  name: load_balancer_name
  location: load_balancer_location
  tags: {
    Creator: 'Cp4na'
  }
  sku: {
    name: 'Standard'
    tier: 'Regional'
  }
  properties: {
    frontendIPConfigurations: [
      {
        name: frontend
        properties: empty(public_ip_address_name)
          ? {
              subnet: {
                id: resourceId(
                  vnet_resourcegroup_name,
                  'Microsoft.Network/virtualNetworks/subnets',
                  vnet_name,
                  subnet_name
                )
              }
              privateIPAllocationMethod: empty(load_balancer_private_ip_address) ? 'Dynamic' : 'Static'
              privateIPAddress: empty(load_balancer_private_ip_address) ? null : load_balancer_private_ip_address
            }
          : {
              publicIPAddress: {
                id: resourceId('Microsoft.Network/publicIPAddresses', public_ip_address_name)
              }
            }
      }
    ]
    backendAddressPools: [
      {
        name: load_balancer_backend_pool_name
      }
    ]
    probes: [
      {
        name: probe
        properties: {
          protocol: load_balancer_probe_protocol
          port: load_balancer_probe_port
          requestPath: load_balancer_probe_protocol == 'Tcp' ? null : load_balancer_probe_path
          intervalInSeconds: 5
          probeThreshold: 2
        }
      }
    ]
    loadBalancingRules: [
      {
        name: 'rule'
        properties: {
          protocol: load_balancer_protocol
          frontendPort: load_balancer_protocol == 'All' ? 0 : load_balancer_frontend_port
          backendPort: load_balancer_protocol == 'All' ? 0 : load_balancer_backend_port
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/loadBalancers/frontendIPConfigurations', load_balancer_name, frontend)
          }
          backendAddressPool: {
            id: resourceId(
              'Microsoft.Network/loadBalancers/backendAddressPools',
              load_balancer_name,
              load_balancer_backend_pool_name
            )
          }
          probe: {
            id: resourceId('Microsoft.Network/loadBalancers/probes', load_balancer_name, probe)
          }
        }
      }
    ]
  }
}

@description('Id of the load balancer.')
output load_balancer_id string = loadBalancer.id

@description('Name of the load balancer.')
output load_balancer_name string = loadBalancer.name

@description('Id of the backend pool.')
output load_balancer_backend_pool_id string = resourceId(
  'Microsoft.Network/loadBalancers/backendAddressPools',
  load_balancer_name,
  load_balancer_backend_pool_name
)
