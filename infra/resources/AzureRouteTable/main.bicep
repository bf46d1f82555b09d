metadata name = 'AzureRouteTable'
metadata description = 'Creates a route table. A Create over a table that is there sets the route to the branch office and leaves all others alone.'

@description('Required. Name of the route table.')
@metadata({ nameOf: 'Microsoft.Network/routeTables' })
param route_table_name string

@description('Optional. Region of the route table. Default: the resource group\'s.')
param route_table_location string = resourceGroup().location

@description('Optional. Whether routes learned by BGP are kept out. Set when the table is made: a Create over it does not change this.')
param route_table_disable_bgp_route_propagation bool = false

@description('Optional. Whether the table is for a private or a public network.')
param private_or_public '' | 'private' | 'public' = ''

@description('Optional. Whether the network is reached only locally or globally. A `private` and `global` one has a route to its branch office.')
param local_or_global '' | 'local' | 'global' = ''

@description('Optional. Address range of the branch office in CIDR notation. Without it there is no route to it.')
param branch_office_cidr string = ''

@description('Optional. Private address of the appliance that leads to the branch office. Needed for that route.')
param private_static_ip string = ''

// A PUT of the table without its routes removes them all, those of AddRoute too. So it is sent only once.
@onlyIfNotExists()
resource routeTable 'Microsoft.Network/routeTables@2024-05-01' = {
  name: route_table_name
  location: route_table_location
  tags: {
    Creator: 'Cp4na'
  }
  properties: {
    disableBgpRoutePropagation: route_table_disable_bgp_route_propagation
  }
}

resource branchOfficeRoute 'Microsoft.Network/routeTables/routes@2024-05-01' = if (private_or_public == 'private' && local_or_global == 'global' && !empty(branch_office_cidr)) {
  parent: routeTable
  name: 'BranchOfficeRoute'
  properties: {
    addressPrefix: branch_office_cidr
    nextHopType: 'VirtualAppliance'
    nextHopIpAddress: private_static_ip
  }
}

@description('Id of the route table.')
output route_table_id string = routeTable.id

@description('Name of the route table.')
output route_table_name string = routeTable.name
