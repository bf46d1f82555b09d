using 'route.bicep'

param route_table_name = 'rt-lan'
param route_name = 'ToDataCentre'
param route_address_prefix = '172.16.0.0/12'
param route_next_hop_type = 'VirtualAppliance'
param route_next_hop_ip_address = '10.7.2.4'
