metadata name = 'AddRoute'
metadata description = 'Adds or changes one route of the route table.'

@description('Required. Name of the route table.')
@metadata({ nameOf: 'Microsoft.Network/routeTables' })
param route_table_name string

@description('Required. Name of the route.')
@metadata({ nameOf: 'Microsoft.Network/routeTables/routes' })
param route_name string

@description('Required. Address range that the route is for, in CIDR notation or as a service tag.')
@minLength(1)
param route_address_prefix string

@description('Required. Where the traffic goes next.')
param route_next_hop_type 'Internet' | 'None' | 'VirtualAppliance' | 'VirtualNetworkGateway' | 'VnetLocal'

@description('Optional. Address of the appliance. Needed where the next hop is a `VirtualAppliance`, forbidden otherwise.')
param route_next_hop_ip_address string = ''

resource routeTable 'Microsoft.Network/routeTables@2024-05-01' existing = {
  name: route_table_name
}

resource route 'Microsoft.Network/routeTables/routes@2024-05-01' = {
  parent: routeTable
  name: route_name
  properties: {
    addressPrefix: route_address_prefix
    nextHopType: route_next_hop_type
    nextHopIpAddress: empty(route_next_hop_ip_address) ? null : route_next_hop_ip_address
  }
}

@description('Id of the route.')
output route_id string = route.id
