using 'main.bicep'

param route_table_name = 'rt-lan'
param private_or_public = 'private'
param local_or_global = 'global'
param branch_office_cidr = '192.168.7.0/24'
param private_static_ip = '10.7.2.4'
