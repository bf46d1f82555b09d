using 'main.bicep'

param nat_gateway_name = 'nat-branch-7'
param public_ip_address_name = 'pip-branch-7'
